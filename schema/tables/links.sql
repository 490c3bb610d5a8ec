-- One row per seen version of one reference from a record to an account, a record or a URL, by target: likes, reposts, follows, blocks,
-- replies, quotes, list items, mentions are all here. Counts are counted from it, never kept.
-- Truth for likes, reposts, follows and blocks of the usual form, whose bodies records leaves out; for all others derived from records.
-- Rebuild: index the bodies in records again; the rest cannot be rebuilt.
CREATE TABLE IF NOT EXISTS links
(
    target_actor      UInt64                 COMMENT 'xxh3 of the DID; 0 for a URL',
    target_rkey       UInt64                 COMMENT 'record key as a number; 0 for an account; xxh3 of a URL',
    target_collection LowCardinality(String) COMMENT 'NSID; empty for an account; url for a URL',
    collection        LowCardinality(String) COMMENT 'NSID of the record that refers',
    path              LowCardinality(String) COMMENT 'where in it, as in .subject.uri or .facets[].features[].did',
    actor             UInt64                 COMMENT 'xxh3 of the DID of the record that refers',
    rkey              UInt64                 COMMENT 'its record key as a number',
    rev               UInt64                 COMMENT 'its commit rev: the version',
    deleted           UInt8                  COMMENT '1 = no longer refers at this rev',
    target_cid        FixedString(32)        COMMENT 'SHA-256 digest of a strong reference; zeros without one',
    target_url        String                 COMMENT 'text of a URL, else empty',
    sort_at           DateTime64(3, 'UTC')   COMMENT 'as in records',
    -- Leaves out the parts that none of the asked keys is of: keys rise with time, and merges join what is of one time.
    INDEX target_rkeys target_rkey TYPE minmax
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (target_actor, target_rkey, target_collection, collection, path, actor, rkey)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
