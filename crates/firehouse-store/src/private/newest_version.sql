-- The newest version of what one account said in one table, whether it still holds or not.
-- Params: table Identifier; actor UInt64.
SELECT max(version) AS newest
FROM {table:Identifier}
WHERE actor = {actor:UInt64}
