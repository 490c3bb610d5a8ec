-- Derived from records. One row per seen version of an app.bsky.graph.listitem record, by list. The item lives in the repo of the
-- list's creator: others are refused (drop reason rule_violation), so list_actor is its author too.
-- Rebuild: index the list items in records again.
CREATE TABLE IF NOT EXISTS list_items
(
    list_actor UInt64               COMMENT 'xxh3 of the DID of the list''s creator and of this item',
    list_rkey  UInt64               COMMENT 'record key of the list',
    subject    UInt64               COMMENT 'xxh3 of the DID of the member',
    rkey       UInt64               COMMENT 'record key of the item',
    rev        UInt64               COMMENT 'commit rev: the version',
    deleted    UInt8                COMMENT '1 = gone at this rev',
    sort_at    DateTime64(3, 'UTC') COMMENT 'as in records'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (list_actor, list_rkey, subject, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
