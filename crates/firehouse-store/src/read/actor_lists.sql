-- The lists of one account for some purposes, latest first.
-- Params: actor UInt64; purposes Array(String); before_ms Int64, before_rkey UInt64: the last row seen, exclusive; limit UInt32.
SELECT actor, rkey, sort_at
FROM lists FINAL
WHERE actor = {actor:UInt64}
    AND purpose IN {purposes:Array(String)}
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        OR (sort_at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND rkey < {before_rkey:UInt64}))
ORDER BY sort_at DESC, rkey DESC
LIMIT {limit:UInt32}
