-- What one account told only us in one table, as it holds now, in the order of when it was said.
-- Params: table Identifier; actor UInt64; after UInt64, version of the last row seen, exclusive; limit UInt32.
SELECT *
FROM {table:Identifier} FINAL
WHERE actor = {actor:UInt64} AND version > {after:UInt64}
ORDER BY version
LIMIT {limit:UInt32}
