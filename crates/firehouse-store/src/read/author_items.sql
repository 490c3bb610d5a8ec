-- What one account posted and reposted, newest first.
-- Params: actor UInt64; before_ms Int64, before_kind Int8, before_rkey UInt64: the last item seen, exclusive; limit UInt32;
-- reposts UInt8, 1 = reposts too; media UInt8, bits of embeds that a post must have one of, 0 = any post;
-- replies UInt8, 0 = none, 1 = those in the account's own threads, 2 = all.
SELECT sort_at, actor, kind, rkey, post_actor, post_rkey
FROM author_items FINAL
PREWHERE actor = {actor:UInt64}
    AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') OR (toInt8(kind), rkey) < ({before_kind:Int8}, {before_rkey:UInt64}))
-- Not in PREWHERE: these are no key columns, and a tombstone must still meet the row that it buries.
WHERE (kind = 'repost' AND {reposts:UInt8} = 1)
    OR
    (
        kind = 'post'
        AND ({media:UInt8} = 0 OR bitAnd(embeds, {media:UInt8}) != 0)
        AND ({replies:UInt8} = 2 OR root_actor = 0 OR ({replies:UInt8} = 1 AND root_actor = actor))
    )
ORDER BY sort_at DESC, kind DESC, rkey DESC
LIMIT {limit:UInt32}
