-- The first and the last moment of which there are posts: two rows, or none.
-- Params: from_ms Int64: what is earlier is none of it.
SELECT toUnixTimestamp64Milli(sort_at) AS at_ms
FROM (SELECT sort_at FROM post_texts PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') ORDER BY sort_at LIMIT 1)
UNION ALL
SELECT toUnixTimestamp64Milli(sort_at) AS at_ms
FROM (SELECT sort_at FROM post_texts PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') ORDER BY sort_at DESC LIMIT 1)
