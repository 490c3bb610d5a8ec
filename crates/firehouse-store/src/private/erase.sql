-- Removes what one account told only us from one table, for good: the parts that hold it are written anew.
-- Params: table Identifier; actor UInt64.
ALTER TABLE {table:Identifier}
DELETE WHERE actor = {actor:UInt64}
SETTINGS mutations_sync = 1
