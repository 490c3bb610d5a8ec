(actor, rkey) IN
(
    SELECT actor, rkey
    FROM links FINAL
    PREWHERE (target_actor, target_rkey) IN {posts:Array(Tuple(UInt64, UInt64))}
        AND target_collection = 'app.bsky.feed.post'
        AND collection = 'app.bsky.feed.post'
        AND path = {path:String}
)
