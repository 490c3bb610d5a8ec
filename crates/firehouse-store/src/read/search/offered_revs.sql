-- Which version of some records of one collection is the last that was seen, be it that they are gone.
-- Params: collection String; keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, max(rev) AS last_rev
FROM offered_texts
PREWHERE collection = {collection:String} AND (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
GROUP BY actor, rkey
