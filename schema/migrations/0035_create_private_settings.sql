-- Truth. One row per said state of one setting of an account; the highest version wins.
-- Written by firehouse-store/src/private/settings.rs. Nobody but its owner is told.
CREATE TABLE IF NOT EXISTS private_settings
(
    actor   UInt64 COMMENT 'xxh3 of the DID of the account',
    name    Enum8('notifications_seen' = 0, 'notification_priority' = 1, 'notification_preferences' = 2) COMMENT 'notifications_seen = up to when they were; notification_priority = whether only those of followed accounts are shown',
    value   String COMMENT 'milliseconds since 1970; 0 or 1; app.bsky.notification.defs#preferences as JSON',
    version UInt64 COMMENT 'microseconds since 1970 of our clock when said; rises with everything its owner says here',
    deleted UInt8  COMMENT '1 = taken back: as if it had never been said'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (actor, name)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
