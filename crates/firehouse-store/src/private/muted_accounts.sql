-- The accounts that one account mutes wholly, latest first.
-- Params: viewer UInt64; before_ms Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
SELECT subject AS who, rkey AS record, created_at AS at
FROM private_mutes FINAL
PREWHERE actor = {viewer:UInt64} AND kind = 'account'
WHERE only_reposts = 0 AND only_quotes = 0
    AND (created_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        OR (created_at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND subject < {before_actor:UInt64}))
ORDER BY created_at DESC, subject DESC
LIMIT {limit:UInt32}
