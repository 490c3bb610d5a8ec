-- Truth. One row per said state of one bookmark. An account has one of a post at most.
-- Written by firehouse-store/src/private/bookmarks.rs. Nobody but its owner is told; of others only the count is.
CREATE TABLE IF NOT EXISTS private_bookmarks
(
    actor         UInt64 COMMENT 'xxh3 of the DID of the account that bookmarks',
    subject_actor UInt64 COMMENT 'xxh3 of the DID of the post''s author',
    subject_rkey  UInt64 COMMENT 'record key of the post as a number',
    key           UInt64 COMMENT 'the TID of when it was made, as an integer: what pages are ordered by',
    uri           String COMMENT 'AT-URI of the post as it was said',
    cid           String COMMENT 'CID of the post as it was said',
    version       UInt64 COMMENT 'microseconds since 1970 of our clock when said; rises with everything its owner says here',
    deleted       UInt8  COMMENT '1 = taken back'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (actor, subject_actor, subject_rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
