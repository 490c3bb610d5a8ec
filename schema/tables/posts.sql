-- Derived from records. One row per seen version of an app.bsky.feed.post record; the highest rev wins.
-- Written by firehouse-indexer/src/post.rs, read by firehouse-store. Rebuild: index the posts in records again.
CREATE TABLE IF NOT EXISTS posts
(
    actor        UInt64               COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey         UInt64               COMMENT 'record key: the TID as an integer, or a hash with the top bit set',
    rev          UInt64               COMMENT 'commit rev, the TID as an integer: the version',
    deleted      UInt8                COMMENT '1 = deleted at this rev',
    cid          FixedString(32)      COMMENT 'SHA-256 digest of the record block; zeros when deleted',
    created_at   DateTime64(3, 'UTC') COMMENT 'claimed by the author, never used for ordering alone',
    sort_at      DateTime64(3, 'UTC') COMMENT 'the earlier of created_at and the time of rev',
    root_actor   UInt64               COMMENT 'author of the thread''s first post; 0 when this is not a reply',
    root_rkey    UInt64               COMMENT 'record key of the thread''s first post',
    parent_actor UInt64               COMMENT 'author of the post replied to; 0 when this is not a reply',
    parent_rkey  UInt64               COMMENT 'record key of the post replied to',
    quote_actor  UInt64               COMMENT 'author of the post quoted; 0 without one',
    quote_rkey   UInt64               COMMENT 'record key of the post quoted',
    embeds       UInt8                COMMENT 'what it carries, bits: 1 images, 2 video, 4 external card, 8 record, 16 gallery',
    langs        Array(LowCardinality(String)) COMMENT 'as declared, at most 3',
    made_at      DateTime64(3, 'UTC') DEFAULT sort_at COMMENT 'when it was made, as gates ask: the time of rev; where rev is only that of a fetched repo, what its key says',
    -- Leaves out the parts that none of the asked keys is of: keys rise with time, and merges join what is of one time.
    INDEX rkeys rkey TYPE minmax
)
-- No PARTITION BY: merges never cross partitions, and every column outside the key can change.
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
