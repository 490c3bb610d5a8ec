-- Which of some threads were ever closed to anybody, and which of some posts to quotes: only there is anything to judge.
-- Params: roots Array(Tuple(UInt64, UInt64)), quoted Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT DISTINCT actor, rkey, 0 AS of_quotes
FROM thread_gates
PREWHERE (actor, rkey) IN {roots:Array(Tuple(UInt64, UInt64))}
WHERE is_closed
UNION ALL
SELECT DISTINCT actor, rkey, 1 AS of_quotes
FROM post_gates
PREWHERE (actor, rkey) IN {quoted:Array(Tuple(UInt64, UInt64))}
WHERE is_closed
