-- What some records refer to: enough to write the bodies of usual likes, reposts, follows and blocks again.
-- Params: keys Array(Tuple(String, UInt64, UInt64)): collection, actor, rkey.
SELECT toString(collection) AS collection_of, actor, rkey, toString(path) AS stands_at, target_actor, target_rkey,
    toString(target_collection) AS target_in, target_cid
FROM links FINAL
PREWHERE (target_actor, target_rkey, target_collection, collection, path, actor, rkey) IN
(
    SELECT target_actor, target_rkey, target_collection, collection, path, actor, rkey
    FROM links_by_source FINAL
    PREWHERE (collection, actor, rkey) IN {keys:Array(Tuple(String, UInt64, UInt64))}
)
