-- What one record refers to: enough to write the body of a usual like, repost, follow or block again.
-- Params: actor UInt64; collection String; rkey UInt64.
SELECT toString(path) AS stands_at, target_actor, target_rkey, toString(target_collection) AS target_in, target_cid
FROM links FINAL
PREWHERE (target_actor, target_rkey, target_collection, collection, path, actor, rkey) IN
(
    SELECT target_actor, target_rkey, target_collection, collection, path, actor, rkey
    FROM links_by_source FINAL
    PREWHERE actor = {actor:UInt64} AND collection = {collection:String} AND rkey = {rkey:UInt64}
)
