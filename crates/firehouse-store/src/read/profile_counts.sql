-- What detailed profiles count: followers, follows, posts, lists, feed generators, starter packs. One row per account and count.
-- Params: actors Array(UInt64).
SELECT target_actor AS counted, 'followers' AS what, uniqExact(actor) AS n
FROM links FINAL
PREWHERE target_actor IN {actors:Array(UInt64)} AND target_rkey = 0 AND target_collection = ''
    AND collection = 'app.bsky.graph.follow' AND path = '.subject'
GROUP BY target_actor
UNION ALL
SELECT actor, 'follows', uniqExact(target_actor)
FROM links_by_source FINAL
PREWHERE actor IN {actors:Array(UInt64)} AND collection = 'app.bsky.graph.follow' AND path = '.subject'
GROUP BY actor
UNION ALL
SELECT actor, 'posts', count()
FROM posts FINAL
PREWHERE actor IN {actors:Array(UInt64)}
GROUP BY actor
UNION ALL
SELECT actor, toString(collection), count()
FROM records FINAL
PREWHERE collection IN ('app.bsky.graph.list', 'app.bsky.feed.generator', 'app.bsky.graph.starterpack') AND actor IN {actors:Array(UInt64)}
WHERE valid = 1
GROUP BY actor, collection
