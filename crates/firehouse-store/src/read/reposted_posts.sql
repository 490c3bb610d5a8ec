-- The posts that some reposts repost.
-- Params: actors Array(UInt64), who reposted; keys Array(Tuple(UInt64, UInt64)): actor, rkey of the reposts.
SELECT actor, rkey, target_actor, target_rkey
FROM links_by_source FINAL
PREWHERE actor IN {actors:Array(UInt64)}
    AND collection = 'app.bsky.feed.repost'
    AND (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    AND path = '.subject.uri'
    AND target_collection = 'app.bsky.feed.post'
