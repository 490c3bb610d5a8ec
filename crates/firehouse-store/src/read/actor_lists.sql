-- The lists of one account, latest first.
-- Params: actor UInt64; before_ms Int64, before_rkey UInt64: the last row seen, exclusive; limit UInt32.
SELECT actor AS who, rkey AS record, sort_at AS at
FROM lists FINAL
PREWHERE actor = {actor:UInt64}
WHERE sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (sort_at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND rkey < {before_rkey:UInt64})
ORDER BY sort_at DESC, rkey DESC
LIMIT {limit:UInt32}
