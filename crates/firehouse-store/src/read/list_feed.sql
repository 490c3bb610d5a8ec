-- Posts of those on one list, replies too, newest first. Of a reference list without those who opted out.
-- A table by time is read backwards only as far as there are enough rows, and never further than a million: whose accounts are too
-- quiet for that, or too few to be worth it, is served by author, from the beginning of time.
-- Params: list_actor UInt64, list_rkey UInt64; candidates UInt32, rows of any version after which the table by time is left;
-- by_author UInt8, 1 = by author in any case; before_ms Int64, before_actor UInt64, before_kind Int8, before_rkey UInt64: the last item
-- seen, exclusive; limit UInt32. Column near: 1 = by time. Then, with fewer rows than asked for, there may be more by author.
WITH
    members AS
    (
        SELECT subject
        FROM list_items FINAL
        PREWHERE list_actor = {list_actor:UInt64} AND list_rkey = {list_rkey:UInt64}
        WHERE subject NOT IN
        (
            SELECT actor
            FROM links FINAL
            PREWHERE target_actor = {list_actor:UInt64}
                AND target_rkey = {list_rkey:UInt64}
                AND target_collection = 'app.bsky.graph.list'
                AND collection = 'app.bsky.graph.referencelistoptout'
                AND path = '.subject'
            WHERE (target_actor, target_rkey) IN
            (
                SELECT actor, rkey
                FROM lists FINAL
                PREWHERE actor = {list_actor:UInt64} AND rkey = {list_rkey:UInt64}
                WHERE purpose = 'app.bsky.graph.defs#referencelist'
            )
        )
    ),
    (SELECT count() FROM members) AS accounts,
    (
        SELECT (count(), min(sort_at))
        FROM
        (
            SELECT sort_at
            FROM feed_items
            PREWHERE {by_author:UInt8} = 0 AND accounts > 100
                AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
                AND kind = 'post'
                AND actor IN (SELECT subject FROM members)
            ORDER BY sort_at DESC
            LIMIT {candidates:UInt32}
            SETTINGS max_rows_to_read = 1000000, read_overflow_mode = 'break'
        )
    ) AS newest,
    toUInt8(ifNull(newest.1 >= {candidates:UInt32}, 0)) AS near,
    -- Else behind the end of time, where there is nothing to read.
    if(near, assumeNotNull(newest.2), toDateTime64('2299-12-31 23:59:59.999', 3, 'UTC')) AS since
SELECT sort_at, actor, kind, rkey, post_actor, post_rkey, near
FROM
(
    SELECT sort_at, actor, kind, rkey, post_actor, post_rkey
    FROM feed_items FINAL
    PREWHERE sort_at >= since
        AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
            OR (actor, toInt8(kind), rkey) < ({before_actor:UInt64}, {before_kind:Int8}, {before_rkey:UInt64}))
        AND kind = 'post'
        AND actor IN (SELECT subject FROM members)
    UNION ALL
    SELECT sort_at, actor, kind, rkey, post_actor, post_rkey
    FROM author_items FINAL
    PREWHERE NOT near
        AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
            OR (actor, toInt8(kind), rkey) < ({before_actor:UInt64}, {before_kind:Int8}, {before_rkey:UInt64}))
        AND kind = 'post'
        AND actor IN (SELECT subject FROM members)
)
ORDER BY sort_at DESC, actor DESC, kind DESC, rkey DESC
LIMIT {limit:UInt32}
