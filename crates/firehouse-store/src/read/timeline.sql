-- Posts and reposts of those one account follows, newest first, within a span of time.
-- Params: items Identifier: feed_items, which lie by time, or, to read all times, author_items, the same by author;
-- viewer UInt64; after_ms Int64, inclusive; before_ms Int64, before_actor UInt64, before_kind Int8, before_rkey UInt64: the last item seen,
-- exclusive; limit UInt32.
SELECT sort_at, actor, kind, rkey, post_actor, post_rkey
FROM {items:Identifier} FINAL
PREWHERE sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
    AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        OR (actor, toInt8(kind), rkey) < ({before_actor:UInt64}, {before_kind:Int8}, {before_rkey:UInt64}))
    AND actor IN
    (
        SELECT target_actor
        FROM links_by_source FINAL
        PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    )
ORDER BY sort_at DESC, actor DESC, kind DESC, rkey DESC
LIMIT {limit:UInt32}
