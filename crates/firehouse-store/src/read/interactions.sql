-- Likes, reposts, replies and quotes of some posts, counted; and which of the likes and reposts are the viewer's and the thread author's.
-- An account that liked twice counts once. Keys of records are 0 where there is none.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts; viewer UInt64; op UInt64; 0 = nobody.
SELECT
    target_actor,
    target_rkey,
    uniqExactIf(actor, collection = 'app.bsky.feed.like') AS likes,
    uniqExactIf(actor, collection = 'app.bsky.feed.repost') AS reposts,
    countIf(path = '.reply.parent.uri') AS replies,
    countIf(path IN ('.embed.record.uri', '.embed.record.record.uri')) AS quotes,
    argMinIf(rkey, rev, collection = 'app.bsky.feed.like' AND actor = {viewer:UInt64}) AS viewer_like,
    argMinIf(rkey, rev, collection = 'app.bsky.feed.repost' AND actor = {viewer:UInt64}) AS viewer_repost,
    argMinIf(rkey, rev, collection = 'app.bsky.feed.like' AND actor = {op:UInt64}) AS op_like
FROM links FINAL
PREWHERE (target_actor, target_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    AND target_collection = 'app.bsky.feed.post'
    AND collection IN ('app.bsky.feed.like', 'app.bsky.feed.repost', 'app.bsky.feed.post')
    AND path IN ('.subject.uri', '.reply.parent.uri', '.embed.record.uri', '.embed.record.record.uri')
GROUP BY target_actor, target_rkey
