-- Active accounts that declare themselves labelers, the longest known first.
-- Params: rkey UInt64: the number of the key "self"; limit UInt32.
SELECT did
FROM actors FINAL
PREWHERE actor IN
(
    SELECT actor
    FROM records FINAL
    PREWHERE collection = 'app.bsky.labeler.service'
    WHERE rkey = {rkey:UInt64} AND valid = 1
)
WHERE status = 'active'
ORDER BY first_seen, actor
LIMIT {limit:UInt32}
