-- How many posts match a search, counted up to a limit; versions that are not merged away yet count too.
-- Params: limit UInt32.
SELECT count()
FROM
(
    SELECT 1
    FROM post_texts
    WHERE /* condition */
    LIMIT {limit:UInt32}
)
