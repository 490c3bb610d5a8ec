-- What some posts refer to by some of their fields.
-- Params: keys Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey; paths Array(String).
SELECT actor, rkey, rev, path, target_actor, target_rkey, target_collection
FROM links_by_source FINAL
PREWHERE (actor, collection, rkey) IN {keys:Array(Tuple(UInt64, String, UInt64))}
    AND path IN {paths:Array(String)}
