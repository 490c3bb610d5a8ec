actor IN
(
    SELECT target_actor
    FROM links_by_source FINAL
    PREWHERE actor = {follower:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
)
