-- Posts that were answered, in the order in which that was written.
-- Params: after UInt64: the last number seen, exclusive; limit UInt32.
SELECT number, target_actor, target_rkey
FROM engagements
WHERE number > {after:UInt64}
ORDER BY number
LIMIT {limit:UInt32}
