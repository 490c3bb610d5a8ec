-- Active accounts whose repos are followed here, by their numbers.
-- Params: after UInt64, exclusive; limit UInt32.
SELECT did
FROM actors FINAL
WHERE actor > {after:UInt64} AND status = 'active' AND actor IN (SELECT actor FROM repos WHERE actor > {after:UInt64})
ORDER BY actor
LIMIT {limit:UInt32}
