-- What some accounts posted since an account subscribed to them, newest first.
-- Params: subjects Array(UInt64), since_ms Array(Int64), posts Array(UInt8), replies Array(UInt8): of each who is subscribed to, from when on,
-- and whether to its posts and to its replies; after_ms Int64, after_actor UInt64, after_rkey UInt64, after_reason Int8, until_ms Int64,
-- limit UInt32: as in notifications.sql; reason Int8: the one these rows have.
WITH indexOf({subjects:Array(UInt64)}, actor) AS at
SELECT -toUnixTimestamp64Milli(sort_at) AS newest_first, actor, rkey, root_actor != 0 AS is_reply
FROM author_items FINAL
PREWHERE actor IN {subjects:Array(UInt64)}
    AND sort_at <= fromUnixTimestamp64Milli(-{after_ms:Int64}, 'UTC')
    AND sort_at > fromUnixTimestamp64Milli(-{until_ms:Int64}, 'UTC')
    AND kind = 'post'
WHERE
    (
        newest_first > {after_ms:Int64}
        OR (actor, rkey, toInt8({reason:Int8})) > ({after_actor:UInt64}, {after_rkey:UInt64}, {after_reason:Int8})
    )
    AND toUnixTimestamp64Milli(sort_at) > arrayElement({since_ms:Array(Int64)}, at)
    AND if(is_reply, arrayElement({replies:Array(UInt8)}, at), arrayElement({posts:Array(UInt8)}, at))
ORDER BY newest_first, actor, rkey
LIMIT {limit:UInt32}
