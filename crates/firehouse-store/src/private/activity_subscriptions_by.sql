-- What one account subscribed to, latest first.
-- Params: actor UInt64; before UInt64: key of the last row seen, exclusive; limit UInt32.
SELECT subject, key, did, post, reply
FROM private_activity_subscriptions FINAL
PREWHERE actor = {actor:UInt64}
WHERE key < {before:UInt64}
ORDER BY key DESC
LIMIT {limit:UInt32}
