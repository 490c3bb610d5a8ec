-- Derived from records and links. One row per seen version of a post or a repost, in time order: timelines are cut from it.
-- Rebuild: one item per live row of posts, and one per live repost of a post in links.
CREATE TABLE IF NOT EXISTS feed_items
(
    sort_at    DateTime64(3, 'UTC')              COMMENT 'the earlier of created_at and the time of rev',
    actor      UInt64                            COMMENT 'who posted or reposted',
    kind       Enum8('post' = 1, 'repost' = 2)   COMMENT 'which collection rkey belongs to',
    rkey       UInt64                            COMMENT 'record key of the post or of the repost',
    post_actor UInt64                            COMMENT 'author of the post shown',
    post_rkey  UInt64                            COMMENT 'record key of the post shown',
    root_actor UInt64                            COMMENT 'as in posts; 0 for reposts and posts that are not replies',
    embeds     UInt8                             COMMENT 'as in posts; 0 for reposts',
    rev        UInt64                            COMMENT 'commit rev: the version',
    deleted    UInt8                             COMMENT '1 = gone at this rev'
)
-- sort_at is in the key although an edit can change it: the writer buries the old row by its old sort_at.
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (sort_at, actor, kind, rkey)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
