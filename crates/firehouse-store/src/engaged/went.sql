-- Posts that went, or became others, in their order.
-- Params: after UInt64: the last number seen, exclusive; limit UInt32.
SELECT number, sort_at, actor, rkey, rev
FROM post_arrivals
WHERE number > {after:UInt64} AND deleted = 1
ORDER BY number
LIMIT {limit:UInt32}
