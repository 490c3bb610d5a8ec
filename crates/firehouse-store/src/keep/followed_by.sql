-- Whom some accounts follow, each account once, by their numbers.
-- Params: actors Array(UInt64); limit UInt64.
SELECT DISTINCT target_actor
FROM links_by_source FINAL
PREWHERE actor IN {actors:Array(UInt64)}
    AND collection = 'app.bsky.graph.follow'
    AND path = '.subject'
    AND target_collection = ''
ORDER BY target_actor
LIMIT {limit:UInt64}
