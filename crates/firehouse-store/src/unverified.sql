-- How many records of one account, deletions included, nothing proves; and how many of them the last applied commit has passed.
-- Params: actor UInt64; rev UInt64, of the last applied commit, or 0.
SELECT count() AS all, countIf(rev <= {rev:UInt64}) AS passed
FROM records FINAL
WHERE actor = {actor:UInt64} AND proof = 'unverified'
