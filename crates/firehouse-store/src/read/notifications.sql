-- What one account may be told, newest first. What depends on gates, mutes and duplicates is for the reader to judge.
-- Params: recipient UInt64; reasons Array(Int8); after_ms Int64, after_actor UInt64, after_rkey UInt64, after_reason Int8: the last row seen,
-- exclusive; until_ms Int64, exclusive: how far back, times negated as in the table; followed UInt8: 1 = only what accounts did that the
-- recipient follows; limit UInt32.
SELECT newest_first, actor, rkey, reason, lag_ms, toString(subject_collection) AS subject_in, subject_rkey, root_actor, root_rkey, between
FROM notifications FINAL
PREWHERE recipient = {recipient:UInt64}
    AND newest_first >= {after_ms:Int64}
    AND newest_first < {until_ms:Int64}
    AND (newest_first > {after_ms:Int64} OR (actor, rkey, toInt8(reason)) > ({after_actor:UInt64}, {after_rkey:UInt64}, {after_reason:Int8}))
WHERE has({reasons:Array(Int8)}, toInt8(reason))
    AND
    (
        {followed:UInt8} = 0
        OR actor IN
        (
            SELECT target_actor
            FROM links_by_source FINAL
            PREWHERE actor = {recipient:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
        )
    )
ORDER BY recipient, newest_first, actor, rkey, reason
LIMIT {limit:UInt32}
