-- Posts that came and went, in their order.
-- Params: after UInt64: the last number seen, exclusive; limit UInt32.
SELECT number, sort_at, actor, rkey, rev, deleted
FROM post_arrivals
WHERE number > {after:UInt64}
ORDER BY number
LIMIT {limit:UInt32}
