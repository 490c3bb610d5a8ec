-- Some records, whole.
-- Params: collections Array(String); keys Array(Tuple(UInt64, UInt64)): actor, rkey. Every key is looked for in every collection.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at, sort_at
FROM records FINAL
PREWHERE collection IN {collections:Array(String)} AND (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
WHERE valid = 1
