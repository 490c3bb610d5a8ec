-- Removes the rows that some accounts made from one table, for good: the parts that hold them are written anew.
-- Params: table Identifier; actor Identifier, its column; actors Array(UInt64).
ALTER TABLE {table:Identifier} DELETE WHERE {actor:Identifier} IN {actors:Array(UInt64)} SETTINGS mutations_sync = 1
