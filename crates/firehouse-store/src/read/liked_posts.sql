-- The posts that one account likes, latest like first. Each once, by the first of its likes.
-- Params: actor UInt64; before_ms Int64, before_actor UInt64, before_rkey UInt64: the last row seen, exclusive; limit UInt32.
SELECT target_actor, target_rkey, argMin(sort_at, (rev, rkey)) AS at
FROM links_by_source FINAL
PREWHERE actor = {actor:UInt64}
    AND collection = 'app.bsky.feed.like'
    AND path = '.subject.uri'
    AND target_collection = 'app.bsky.feed.post'
GROUP BY target_actor, target_rkey
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND (target_actor, target_rkey) < ({before_actor:UInt64}, {before_rkey:UInt64}))
ORDER BY at DESC, target_actor DESC, target_rkey DESC
LIMIT {limit:UInt32}
