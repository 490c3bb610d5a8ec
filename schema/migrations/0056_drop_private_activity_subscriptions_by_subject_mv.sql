-- Nobody asks who subscribed to an account: subscriptions are read as the authors' own feeds.
DROP VIEW IF EXISTS private_activity_subscriptions_by_subject_mv
