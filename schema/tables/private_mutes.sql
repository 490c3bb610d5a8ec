-- Truth. One row per said state of one mute: what an account does not want to see of another, of a list's members, or of a thread.
-- Written by firehouse-store/src/private/mutes.rs. Nobody but its owner is told.
CREATE TABLE IF NOT EXISTS private_mutes
(
    actor        UInt64               COMMENT 'xxh3 of the DID of the account that mutes',
    kind         Enum8('account' = 0, 'list' = 1, 'thread' = 2) COMMENT 'what is muted; of a thread its root is named',
    subject      UInt64               COMMENT 'xxh3 of the DID of the account, or of the owner of the list or root',
    rkey         UInt64               COMMENT 'record key of the list or root as a number; 0 for an account',
    uri          String               COMMENT 'the DID or AT-URI as it was said',
    only_reposts UInt8                COMMENT '1 = only what the account reposts',
    only_quotes  UInt8                COMMENT '1 = only posts of the account that quote',
    created_at   DateTime64(3, 'UTC') COMMENT 'when the mute was first said; changing what it hides leaves it',
    version      UInt64               COMMENT 'microseconds since 1970 of our clock when said; rises with everything its owner says here',
    deleted      UInt8                COMMENT '1 = taken back'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (actor, kind, subject, rkey)   -- asked for one viewer and the accounts, lists or roots of one answer
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
