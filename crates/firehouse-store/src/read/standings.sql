-- How some accounts stand.
-- Params: actors Array(UInt64).
SELECT actor, followers, rank, level
FROM standings
PREWHERE actor IN {actors:Array(UInt64)}
