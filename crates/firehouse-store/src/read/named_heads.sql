-- Some records of several collections, without their bodies.
-- Params: keys Array(Tuple(String, UInt64, UInt64)): collection, actor, rkey.
SELECT collection, actor, rkey, cid, rkey_text, created_at, sort_at
FROM records FINAL
PREWHERE (collection, actor, rkey) IN {keys:Array(Tuple(String, UInt64, UInt64))}
WHERE valid = 1
