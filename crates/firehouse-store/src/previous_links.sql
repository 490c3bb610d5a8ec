-- The references that some records make or made last: the newest version of each, tombstones included.
-- Params: keys Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey.
SELECT actor, collection, rkey, path, target_actor, target_rkey, target_collection, rev, deleted, sort_at
FROM links_by_source
WHERE (actor, collection, rkey) IN {keys:Array(Tuple(UInt64, String, UInt64))}
ORDER BY rev DESC
LIMIT 1 BY actor, collection, rkey, path, target_actor, target_rkey, target_collection
