-- Which lists some accounts subscribe to block.
-- Params: actors Array(UInt64).
SELECT DISTINCT actor, target_actor, target_rkey
FROM links_by_source FINAL
PREWHERE actor IN {actors:Array(UInt64)}
    AND collection = 'app.bsky.graph.listblock'
    AND path = '.subject'
    AND target_collection = 'app.bsky.graph.list'
ORDER BY actor, target_actor, target_rkey
