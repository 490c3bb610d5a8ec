-- Derived from records. One row per seen version of an app.bsky.actor.profile record with the key self; the highest rev wins.
-- Rebuild: index the profiles in records again.
CREATE TABLE IF NOT EXISTS profiles
(
    actor        UInt64               COMMENT 'xxh3 of the DID',
    rev          UInt64               COMMENT 'commit rev: the version',
    deleted      UInt8                COMMENT '1 = deleted at this rev',
    cid          FixedString(32)      COMMENT 'SHA-256 digest of the record block; zeros when deleted',
    display_name String,
    description  String,
    pronouns     String,
    website      String,
    avatar       String               COMMENT 'CID of the blob as text, empty without one',
    banner       String               COMMENT 'CID of the blob as text, empty without one',
    pinned_post  String               COMMENT 'AT-URI, empty without one',
    pinned_cid   String               COMMENT 'CID the pin names, empty without one',
    joined_via   String               COMMENT 'AT-URI of the starter pack, empty without one',
    labels       Array(LowCardinality(String)) COMMENT 'self labels',
    created_at   DateTime64(3, 'UTC') COMMENT 'claimed by the author; 1970 when the record has none',
    sort_at      DateTime64(3, 'UTC') COMMENT 'as in records'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY actor
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
