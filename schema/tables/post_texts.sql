-- Derived from records. One row per seen version of an app.bsky.feed.post record, in time order: what it is found by. The highest rev wins.
-- Written by firehouse-indexer/src/post_text.rs, read by firehouse-store/src/read/search. Searches read it without FINAL, which would read
-- what the text indexes leave out, and compare rev with posts. Rebuild: TRUNCATE, and the texts are written again in the background.
CREATE TABLE IF NOT EXISTS post_texts
(
    sort_at DateTime64(3, 'UTC') COMMENT 'as in posts' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    actor   UInt64               COMMENT 'xxh3 of the DID of the repo it lives in' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    rkey    UInt64               COMMENT 'record key as a number' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    rev     UInt64               COMMENT 'commit rev: the version' SETTINGS (min_compress_block_size = 8192, max_compress_block_size = 8192),
    deleted UInt8                COMMENT '1 = gone at this rev',
    words   String               COMMENT 'words of its texts in their order, folded, parted by spaces; . between two texts' CODEC(ZSTD(12)),
    runs    String               COMMENT 'runs of Han, kana and Hangul, folded, a space behind each' CODEC(ZSTD(12)),
    marks   Array(LowCardinality(String)) COMMENT 'what else it is found by: tags, languages, links, mentions, kinds, as firehouse-text writes them' CODEC(ZSTD(3)),
    INDEX tokens arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor)), if(has(marks, 'is:reply'), 'is:reply', 'is:post')]) TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking', posting_list_block_size = 131072),
    INDEX runs runs TYPE text(tokenizer = ngrams(2), posting_list_codec = 'bitpacking', posting_list_block_size = 131072)
)
-- Words, marks and the author are tokens of one index, so that what has all of some is known from it, row by row. They do not meet: words
-- with a colon begin with a digit. That a post answers nothing (is:post) is a token, too: to ask for what has no token takes a second look
-- at the index. Postings lie in short blocks, since the newest are mostly enough.
-- A search reads a few rows here and there: small blocks of what it reads of each are less to decompress. An index granule of one column
-- is 8 KiB. The newest stand first, since that is how they are read: backwards, the engine turns every granule around. sort_at is in the
-- key although an edit can change it: the writer buries the old row by its old sort_at.
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (sort_at DESC, actor DESC, rkey DESC)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, allow_experimental_reverse_key = 1
