-- On which days accounts were first seen here that may be found by search engines, and how many; the latest day first.
-- Whoever asks not to be shown to the public (!no-unauthenticated) is left out.
-- Params: days UInt32, the most there may be.
SELECT toUInt16(toDate(first_seen)) AS day, count() AS accounts
FROM actors FINAL
WHERE status = 'active' AND handle != ''
    AND actor NOT IN (SELECT actor FROM profiles FINAL WHERE has(labels, '!no-unauthenticated'))
    AND actor NOT IN (SELECT actor FROM takedowns FINAL WHERE collection = '' AND blob = '' AND applied = 1)
GROUP BY day
ORDER BY day DESC
LIMIT {days:UInt32}
