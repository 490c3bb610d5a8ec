-- How many posts there are, and of the latest how many, in how long a time, and when it ends.
-- Params: latest UInt32: at most so many.
SELECT
    assumeNotNull((SELECT count() FROM post_texts)) AS posts,
    count() AS latest,
    toUInt64(dateDiff('millisecond', min(sort_at), max(sort_at))) AS span_ms,
    toUnixTimestamp64Milli(max(sort_at)) AS newest_ms
FROM
(
    SELECT sort_at
    FROM post_texts
    WHERE deleted = 0
    ORDER BY sort_at DESC
    LIMIT {latest:UInt32}
)
