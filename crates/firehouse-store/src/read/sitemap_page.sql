-- Handles of accounts first seen on one day, as sitemap_days.sql counts them, a page of them.
-- Params: day UInt16, days since 1970; skipped UInt64; handles UInt32, the most there may be.
SELECT handle
FROM actors FINAL
WHERE status = 'active' AND handle != '' AND toUInt16(toDate(first_seen)) = {day:UInt16}
    AND actor NOT IN (SELECT actor FROM profiles FINAL WHERE has(labels, '!no-unauthenticated'))
    AND actor NOT IN (SELECT actor FROM takedowns FINAL WHERE collection = '' AND blob = '' AND applied = 1)
ORDER BY actor
LIMIT {handles:UInt32} OFFSET {skipped:UInt64}
