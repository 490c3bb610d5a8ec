-- Derived from links by views/links_by_source_mv.sql: the same references by the record that makes them.
-- What an account follows, likes and blocks; and what a deleted record pointed at. No target_cid: it would be half of the bytes.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS links_by_source
(
    actor             UInt64,
    collection        LowCardinality(String),
    rkey              UInt64,
    path              LowCardinality(String),
    target_actor      UInt64,
    target_rkey       UInt64,
    target_collection LowCardinality(String),
    rev               UInt64,
    deleted           UInt8,
    sort_at           DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (actor, collection, rkey, path, target_actor, target_rkey, target_collection)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
