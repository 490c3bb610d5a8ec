-- Posts that quote one post, latest first. None once it is deleted.
-- Params: target_actor UInt64; target_rkey UInt64; before_ms Int64, before_actor UInt64, before_rkey UInt64: the last row seen,
-- exclusive; limit UInt32.
SELECT actor AS who, rkey AS record, min(sort_at) AS at
FROM links FINAL
PREWHERE target_actor = {target_actor:UInt64}
    AND target_rkey = {target_rkey:UInt64}
    AND target_collection = 'app.bsky.feed.post'
    AND collection = 'app.bsky.feed.post'
    AND path IN ('.embed.record.uri', '.embed.record.record.uri')
WHERE NOT
(
    SELECT argMax(deleted, rev)
    FROM posts
    PREWHERE actor = {target_actor:UInt64} AND rkey = {target_rkey:UInt64}
)
GROUP BY actor, rkey
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND (actor, rkey) < ({before_actor:UInt64}, {before_rkey:UInt64}))
ORDER BY at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
