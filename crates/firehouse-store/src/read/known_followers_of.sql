-- Who of those the viewer follows follows one account, latest first. Each once, by the first of the records.
-- Params: actor UInt64; viewer UInt64; before_ms Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
SELECT actor AS who, argMin(rkey, (rev, rkey)) AS record, argMin(sort_at, (rev, rkey)) AS at
FROM links FINAL
PREWHERE target_actor = {actor:UInt64} AND target_rkey = 0 AND target_collection = ''
    AND collection = 'app.bsky.graph.follow' AND path = '.subject'
    AND actor IN
    (
        SELECT target_actor
        FROM links_by_source FINAL
        PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    )
GROUP BY actor
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND actor < {before_actor:UInt64})
ORDER BY at DESC, actor DESC
LIMIT {limit:UInt32}
