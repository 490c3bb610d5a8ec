-- Some repos' last applied commits.
-- Params: actors Array(UInt64).
SELECT actor, rev, data, state, reason, vouched
FROM repos FINAL
WHERE actor IN {actors:Array(UInt64)}
