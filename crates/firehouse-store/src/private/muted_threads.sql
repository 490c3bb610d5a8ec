-- The threads that one account mutes or has muted, and from when to when it did, the last time. Not FINAL: what was taken back is wanted too.
-- Params: actor UInt64; limit UInt32.
SELECT subject, rkey, toUnixTimestamp64Milli(created_at) AS since_ms, if(deleted = 1, toInt64(intDiv(version, 1000)), 9223372036854775807) AS until_ms
FROM
(
    SELECT subject, rkey, created_at, deleted, version
    FROM private_mutes
    PREWHERE actor = {actor:UInt64} AND kind = 'thread'
    ORDER BY version DESC
    LIMIT 1 BY subject, rkey
)
ORDER BY version DESC
LIMIT {limit:UInt32}
