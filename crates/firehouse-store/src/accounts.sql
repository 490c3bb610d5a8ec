-- Some accounts' identities, as they stand.
-- Params: actors Array(UInt64).
SELECT actor, did, handle, pds, key, status, first_seen, version
FROM actors FINAL
WHERE actor IN {actors:Array(UInt64)}
