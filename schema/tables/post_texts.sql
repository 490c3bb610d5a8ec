-- Derived from records. One row per seen version of an app.bsky.feed.post record, in time order: what it is found by. The highest rev wins.
-- Written by firehouse-indexer/src/post_text.rs, read by firehouse-store. Rebuild: index the posts in records again.
CREATE TABLE IF NOT EXISTS post_texts
(
    sort_at DateTime64(3, 'UTC') COMMENT 'as in posts',
    actor   UInt64               COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey    UInt64               COMMENT 'record key as a number',
    rev     UInt64               COMMENT 'commit rev: the version',
    deleted UInt8                COMMENT '1 = gone at this rev',
    terms   Array(String)        COMMENT 'words and what else it is found by, as firehouse-text writes them' CODEC(ZSTD(3)),
    text    String               COMMENT 'text, descriptions of its media and title of its card, folded: phrases are looked for here' CODEC(ZSTD(3)),
    INDEX terms terms TYPE text(tokenizer = 'array')
)
-- sort_at is in the key although an edit can change it: the writer buries the old row by its old sort_at.
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (sort_at, actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
