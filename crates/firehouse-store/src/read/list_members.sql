-- The accounts on one list, latest first. Each once, by the first of the items.
-- Params: actor UInt64; rkey UInt64; before_ms Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
SELECT subject AS who, argMin(rkey, (rev, rkey)) AS record, argMin(sort_at, (rev, rkey)) AS at
FROM list_items FINAL
PREWHERE list_actor = {actor:UInt64} AND list_rkey = {rkey:UInt64}
GROUP BY subject
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND subject < {before_actor:UInt64})
ORDER BY at DESC, subject DESC
LIMIT {limit:UInt32}
