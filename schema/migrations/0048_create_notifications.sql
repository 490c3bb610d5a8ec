-- Derived from records. One row per seen version of one reason to tell an account of a record; the highest rev wins.
-- What a record says by itself is written by firehouse-indexer/src/notification.rs, what it takes a thread to know by
-- firehouse-ingest/src/ancestry.rs. What depends on gates, mutes and duplicates is judged when it is read.
-- Rebuild: index the records again.
CREATE TABLE IF NOT EXISTS notifications
(
    recipient          UInt64                 COMMENT 'xxh3 of the DID of who is told',
    newest_first       Int64                  COMMENT 'minus the milliseconds since 1970 of sort_at as in records: a page is read from its beginning; of unverified the time of the deletion',
    actor              UInt64                 COMMENT 'xxh3 of the DID of who did it',
    rkey               UInt64                 COMMENT 'key of the record as a number',
    reason             Enum8('mention' = 0, 'quote' = 1, 'reply' = 2, 'like' = 3, 'like-via-repost' = 4, 'repost' = 5, 'repost-via-repost' = 6, 'follow' = 7, 'starterpack-joined' = 8, 'verified' = 9, 'unverified' = 10) COMMENT 'as in app.bsky.notification.listNotifications; of several for one post the first counts',
    collection         LowCardinality(String) COMMENT 'NSID of the record',
    rev                UInt64                 COMMENT 'its commit rev: the version',
    deleted            UInt8                  COMMENT '1 = no longer so at this rev',
    lag_ms             Int64                  COMMENT 'from sort_at to when it was made, as in posts: what mutes of threads ask. Units: milliseconds',
    subject_collection LowCardinality(String) COMMENT 'NSID of the record of the recipient that it is about; empty without one',
    subject_rkey       UInt64                 COMMENT 'its key as a number',
    root_actor         UInt64                 COMMENT 'of a reply: author of the first post of its thread; else 0',
    root_rkey          UInt64                 COMMENT 'of a reply: key of the first post of its thread',
    between            Array(Tuple(UInt64, UInt64)) COMMENT 'of a reply: author and key of the posts between it and the subject, the nearest first'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (recipient, newest_first, actor, rkey, reason)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1
