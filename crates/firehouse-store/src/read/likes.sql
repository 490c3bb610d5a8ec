-- Likes of some records that are no posts, counted, and which of them is the viewer's. An account that liked twice counts once.
-- Keys of records are 0 where there is none.
-- Params: keys Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey; viewer UInt64; 0 = nobody.
SELECT
    target_collection,
    target_actor,
    target_rkey,
    uniqExact(actor) AS likes,
    argMinIf(rkey, rev, actor = {viewer:UInt64}) AS viewer_like
FROM links FINAL
PREWHERE (target_actor, target_collection, target_rkey) IN {keys:Array(Tuple(UInt64, String, UInt64))}
    AND collection = 'app.bsky.feed.like'
    AND path = '.subject.uri'
GROUP BY target_collection, target_actor, target_rkey
