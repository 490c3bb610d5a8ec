-- Derived from feed_items by views/author_items_mv.sql: the same items by who posted or reposted them.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS author_items
(
    actor      UInt64,
    sort_at    DateTime64(3, 'UTC'),
    kind       Enum8('post' = 1, 'repost' = 2),
    rkey       UInt64,
    post_actor UInt64,
    post_rkey  UInt64,
    root_actor UInt64,
    embeds     UInt8,
    rev        UInt64,
    deleted    UInt8
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (actor, sort_at, kind, rkey)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
