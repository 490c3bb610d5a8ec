-- Empties a table whose rows come from one collection.
-- Params: table Identifier.
TRUNCATE TABLE {table:Identifier}
