-- Which of some posts are gone, and when they went.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, toInt64(bitShiftRight(max(rev), 10)) AS gone_at_us
FROM posts
PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
GROUP BY actor, rkey
HAVING argMax(deleted, rev) = 1
