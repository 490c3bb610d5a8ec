-- Who some accounts are and whether they may be shown.
-- Params: actors Array(UInt64).
SELECT actor, did, handle, status
FROM actors FINAL
PREWHERE actor IN {actors:Array(UInt64)}
