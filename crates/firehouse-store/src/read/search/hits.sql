-- How many posts match a search, counted up to a limit; versions that are not merged away yet count too.
-- Params: after_ms Int64, inclusive; until_ms Int64, exclusive; limit UInt32.
SELECT count()
FROM
(
    SELECT 1
    FROM post_texts
    WHERE deleted = 0
        AND sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
        AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
        AND (/* condition */)
    LIMIT {limit:UInt32}
)
