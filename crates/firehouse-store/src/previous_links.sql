-- The references that some records make, as they stand.
-- Params: keys Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey.
SELECT actor, collection, rkey, path, target_actor, target_rkey, target_collection, rev, sort_at
FROM links_by_source FINAL
WHERE (actor, collection, rkey) IN {keys:Array(Tuple(UInt64, String, UInt64))}
