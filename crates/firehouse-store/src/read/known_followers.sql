-- Who of those the viewer follows follows some accounts: how many, and five of them.
-- Params: actors Array(UInt64); viewer UInt64.
SELECT target_actor, uniqExact(actor) AS n, arraySort(groupUniqArray(5)(actor)) AS followers
FROM links FINAL
PREWHERE target_actor IN {actors:Array(UInt64)} AND target_rkey = 0 AND target_collection = ''
    AND collection = 'app.bsky.graph.follow' AND path = '.subject'
    AND actor IN
    (
        SELECT target_actor
        FROM links_by_source FINAL
        PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    )
GROUP BY target_actor
