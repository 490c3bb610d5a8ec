-- What some posts are now; those that are gone are left out.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, sort_at, rev
FROM posts FINAL
PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
WHERE deleted = 0
