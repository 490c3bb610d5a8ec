-- Filled by the view that is gone.
DROP TABLE IF EXISTS private_activity_subscriptions_by_subject
