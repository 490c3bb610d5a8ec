-- Of some accounts that refer to some records in one way: the first record of each by which it does. Who likes twice is told of once.
-- Params: keys Array(Tuple(UInt64, UInt64, String, String, String, UInt64)): the target's actor, rkey and collection; the collection and path
-- of the reference, and its actor.
SELECT target_actor, target_rkey, toString(collection) AS collection_of, toString(path) AS path_of, actor, argMin(rkey, (rev, rkey)) AS first_rkey
FROM links FINAL
PREWHERE (target_actor, target_rkey, target_collection, collection, path, actor) IN {keys:Array(Tuple(UInt64, UInt64, String, String, String, UInt64))}
GROUP BY target_actor, target_rkey, collection, path, actor
