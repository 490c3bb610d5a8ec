-- The records of one collection of one account, latest first.
-- Params: actor UInt64; collection String; claimed UInt8: 1 = by the time the author claims; before_ms Int64, before_rkey UInt64: the last
-- row seen, exclusive; limit UInt32.
SELECT actor AS who, rkey AS record, if({claimed:UInt8} = 1, created_at, sort_at) AS at
FROM records FINAL
PREWHERE collection = {collection:String} AND actor = {actor:UInt64}
WHERE valid = 1
    AND
    (
        at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND rkey < {before_rkey:UInt64})
    )
ORDER BY at DESC, rkey DESC
LIMIT {limit:UInt32}
