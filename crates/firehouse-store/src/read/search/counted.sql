-- How many of the latest posts there are, how long a time they span, and when it ends.
-- Params: posts UInt32: at most so many.
SELECT
    count() AS posts,
    toUInt64(dateDiff('millisecond', min(sort_at), max(sort_at))) AS span_ms,
    toUnixTimestamp64Milli(max(sort_at)) AS newest_ms
FROM
(
    SELECT sort_at
    FROM post_texts
    WHERE deleted = 0
    ORDER BY sort_at DESC
    LIMIT {posts:UInt32}
)
