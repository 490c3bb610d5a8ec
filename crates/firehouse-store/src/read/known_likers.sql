-- Of the latest 500 likes of each of some posts, how many are by accounts that the viewer follows, and the latest three of those.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts; viewer UInt64.
SELECT target_actor, target_rkey, count() AS n,
    arrayMap(like -> like.2, arraySlice(arrayReverseSort(groupArray((at, actor))), 1, 3)) AS likers
FROM
(
    SELECT target_actor, target_rkey, actor, min(sort_at) AS at
    FROM links FINAL
    PREWHERE (target_actor, target_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
        AND target_collection = 'app.bsky.feed.post'
        AND collection = 'app.bsky.feed.like'
        AND path = '.subject.uri'
    GROUP BY target_actor, target_rkey, actor
    ORDER BY at DESC
    LIMIT 500 BY target_actor, target_rkey
)
WHERE actor IN
(
    SELECT target_actor
    FROM links_by_source FINAL
    PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
)
GROUP BY target_actor, target_rkey
