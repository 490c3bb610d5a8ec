-- Truth. One row per said state of one subscription: an account wants to hear when another posts.
-- Written by firehouse-store/src/private/subscriptions.rs. Nobody but its owner is told.
CREATE TABLE IF NOT EXISTS private_activity_subscriptions
(
    actor   UInt64 COMMENT 'xxh3 of the DID of the account that subscribes',
    subject UInt64 COMMENT 'xxh3 of the DID of the account whose activity it is',
    key     UInt64 COMMENT 'the TID of when it was made, as an integer: what pages are ordered by',
    did     String COMMENT 'the subject''s DID',
    post    UInt8  COMMENT '1 = of its posts',
    reply   UInt8  COMMENT '1 = of its replies',
    version UInt64 COMMENT 'microseconds since 1970 of our clock when said; rises with everything its owner says here',
    deleted UInt8  COMMENT '1 = taken back'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (actor, subject)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
