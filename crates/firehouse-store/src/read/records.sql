-- Some records, whole.
-- Params: collections Array(String); keys Array(Tuple(UInt64, UInt64)): actor, rkey. Every key is looked for in every collection.
-- epoch_ms Int64: what was indexed later shows when, in the place of what it is sorted by.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at,
    if(toUnixTimestamp64Milli(witnessed_at) > {epoch_ms:Int64}, toDateTime64(witnessed_at, 3, 'UTC'), records.sort_at) AS sort_at
FROM records FINAL
PREWHERE collection IN {collections:Array(String)} AND (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
WHERE valid = 1
