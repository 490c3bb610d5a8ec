-- The version that each of some posts has now; posts that are gone are left out.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts.
SELECT actor, rkey, rev
FROM posts FINAL
PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
WHERE deleted = 0
