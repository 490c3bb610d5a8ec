-- Every record of some repos as it stands, tombstones included: what a fetched repo is compared with.
-- Params: actors Array(UInt64).
SELECT actor, collection, rkey, rkey_text, rev, deleted, cid
FROM records
WHERE actor IN {actors:Array(UInt64)}
ORDER BY rev DESC
LIMIT 1 BY actor, collection, rkey
