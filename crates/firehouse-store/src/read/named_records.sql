-- Some records of several collections, whole.
-- Params: keys Array(Tuple(String, UInt64, UInt64)): collection, actor, rkey.
-- epoch_ms Int64: what was indexed later shows when, in the place of what it is sorted by.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at,
    if(toUnixTimestamp64Milli(witnessed_at) > {epoch_ms:Int64}, toDateTime64(witnessed_at, 3, 'UTC'), records.sort_at) AS sort_at
FROM records FINAL
PREWHERE (collection, actor, rkey) IN {keys:Array(Tuple(String, UInt64, UInt64))}
WHERE valid = 1
