-- Derived from post_texts and links: the texts of posts that were answered ten times or more, where a search for the top ones looks over any
-- length of time. Columns, order and indexes are those of post_texts; marks say besides how far a post has come: engaged:10, likes:100 and so on.
-- Written by firehouse-ingest/src/engaged.rs, read by firehouse-store/src/read/search without FINAL: whoever searches compares rev with posts.
-- Rebuild: TRUNCATE, and delete the rows of positions whose walk begins with "engaged".
CREATE TABLE IF NOT EXISTS engaged_texts
(
    sort_at DateTime64(3, 'UTC') COMMENT 'as in posts' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    actor   UInt64               COMMENT 'xxh3 of the DID of the repo it lives in' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    rkey    UInt64               COMMENT 'record key as a number' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    rev     UInt64               COMMENT 'commit rev: the version of the post' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    version UInt64               COMMENT 'of the row: rises with rev, and for one rev with how far the post has come',
    deleted UInt8                COMMENT '1 = gone at this rev',
    words   String               COMMENT 'as in post_texts' CODEC(ZSTD(12)),
    runs    String               COMMENT 'as in post_texts' CODEC(ZSTD(12)),
    marks   Array(LowCardinality(String)) COMMENT 'as in post_texts, and engaged:N, likes:N, reposts:N for each N of 10, 100, 1000, 10000 that was reached' CODEC(ZSTD(3)),
    answers  UInt32              COMMENT 'how much it was answered when the row was written, reposts and quotes twice',
    standing UInt16              COMMENT 'level of its author in standings then',
    INDEX tokens arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor)), if(has(marks, 'is:reply'), 'is:reply', 'is:post')]) TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking', posting_list_block_size = 131072),
    INDEX runs runs TYPE text(tokenizer = ngrams(2), posting_list_codec = 'bitpacking', posting_list_block_size = 131072)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (sort_at DESC, actor DESC, rkey DESC)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, allow_experimental_reverse_key = 1
