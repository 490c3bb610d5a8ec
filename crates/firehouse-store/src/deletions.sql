-- Deletions before some time, of accounts that still have rows here. Each has one in repos since then, which is purged last.
-- Params: before UInt64, microseconds since 1970; limit UInt32.
SELECT actor, version
FROM actors FINAL
WHERE status = 'deleted' AND version < {before:UInt64} AND actor IN (SELECT actor FROM repos)
LIMIT {limit:UInt32}
