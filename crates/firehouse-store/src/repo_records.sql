-- Every record of some repos as it stands, tombstones included: what a fetched repo is compared with.
-- Params: actors Array(UInt64).
SELECT actor, collection, rkey, rkey_text, rev, deleted, cid, proof
FROM records
WHERE actor IN {actors:Array(UInt64)}
ORDER BY rev DESC, witnessed_at DESC, proof DESC -- of one rev written twice, the later, as a merge keeps it
LIMIT 1 BY actor, collection, rkey
