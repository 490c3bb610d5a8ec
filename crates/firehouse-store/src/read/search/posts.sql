-- Posts that match a search, newest first: what their texts were at some rev. Without FINAL, which would read what the text indexes leave
-- out: an older version may be found until the engine has merged it away, so whoever asks compares rev with that in posts.
-- No PREWHERE: with it, the engine reads no text index or misses columns.
-- Params: after_ms Int64, inclusive; until_ms Int64, exclusive; before_ms Int64, before_actor UInt64, before_rkey UInt64: the last row seen,
-- exclusive; table Identifier: post_texts, or engaged_texts for those alone that were answered often; limit UInt32.
SELECT actor, rkey, sort_at, rev
FROM {table:Identifier}
WHERE deleted = 0
    AND sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
    AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
    AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') OR (actor, rkey) < ({before_actor:UInt64}, {before_rkey:UInt64}))
    AND (/* condition */)
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
