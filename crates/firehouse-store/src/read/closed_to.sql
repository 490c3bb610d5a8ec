-- As closed_gates.sql, for the threads that some posts are in and the posts they quote.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts.
SELECT DISTINCT actor, rkey, 0 AS of_quotes
FROM thread_gates
PREWHERE (actor, rkey) IN
(
    SELECT root_actor, root_rkey FROM posts FINAL PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
)
WHERE is_closed
UNION ALL
SELECT DISTINCT actor, rkey, 1 AS of_quotes
FROM post_gates
PREWHERE (actor, rkey) IN
(
    SELECT quote_actor, quote_rkey FROM posts FINAL PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
)
WHERE is_closed
