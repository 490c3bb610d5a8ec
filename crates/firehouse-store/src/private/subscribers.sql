-- Who subscribed to some accounts, the earliest first.
-- Params: subjects Array(UInt64); limit UInt32, of each account.
SELECT subject, actor, key, post, reply
FROM private_activity_subscriptions_by_subject FINAL
PREWHERE subject IN {subjects:Array(UInt64)}
ORDER BY subject, key, actor
LIMIT {limit:UInt32} BY subject
