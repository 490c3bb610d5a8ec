-- Derived from private_activity_subscriptions by views/private_activity_subscriptions_by_subject_mv.sql: the same by subject, to ask who
-- is to hear of a post. Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS private_activity_subscriptions_by_subject
(
    subject UInt64,
    actor   UInt64,
    key     UInt64,
    post    UInt8,
    reply   UInt8,
    version UInt64,
    deleted UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (subject, actor)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
