-- Params: table Identifier.
DROP TABLE IF EXISTS {table:Identifier} SYNC
