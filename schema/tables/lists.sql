-- Derived from records. One row per seen version of an app.bsky.graph.list record; the highest rev wins.
-- Rebuild: index the lists in records again.
CREATE TABLE IF NOT EXISTS lists
(
    actor       UInt64                 COMMENT 'xxh3 of the DID of the list''s creator',
    rkey        UInt64                 COMMENT 'record key as a number',
    rev         UInt64                 COMMENT 'commit rev: the version',
    deleted     UInt8                  COMMENT '1 = deleted at this rev',
    cid         FixedString(32)        COMMENT 'SHA-256 digest of the record block; zeros when deleted',
    name        String,
    purpose     LowCardinality(String) COMMENT 'as in the record: app.bsky.graph.defs#modlist, …',
    description String,
    avatar      String                 COMMENT 'CID of the blob as text, empty without one',
    created_at  DateTime64(3, 'UTC')   COMMENT 'claimed by the author',
    sort_at     DateTime64(3, 'UTC')   COMMENT 'as in records'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
