-- Feeds private_activity_subscriptions_by_subject.
CREATE MATERIALIZED VIEW IF NOT EXISTS private_activity_subscriptions_by_subject_mv TO private_activity_subscriptions_by_subject AS
SELECT subject, actor, key, post, reply, version, deleted
FROM private_activity_subscriptions
