-- The subscriptions of one account to some others.
-- Params: viewer UInt64; actors Array(UInt64).
SELECT subject, key, did, post, reply
FROM private_activity_subscriptions FINAL
PREWHERE actor = {viewer:UInt64} AND subject IN {actors:Array(UInt64)}
