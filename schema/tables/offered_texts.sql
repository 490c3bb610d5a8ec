-- Derived from records. One row per seen version of a list, starter pack or feed generator: what it is found by. The highest rev wins.
-- Written by firehouse-indexer/src/offered.rs, read by firehouse-store/src/read/offered_found.sql without FINAL, which would read what the
-- text indexes leave out; whoever asks compares rev. Rebuild: TRUNCATE, and forget the position "offered" of the walk over texts.
CREATE TABLE IF NOT EXISTS offered_texts
(
    collection LowCardinality(String) COMMENT 'app.bsky.graph.list, app.bsky.graph.starterpack or app.bsky.feed.generator',
    actor      UInt64 COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey       UInt64 COMMENT 'record key as a number',
    rev        UInt64 COMMENT 'commit rev: the version',
    deleted    UInt8  COMMENT '1 = gone at this rev',
    sort_at    DateTime64(3, 'UTC') COMMENT 'as in records',
    purpose    LowCardinality(String) COMMENT 'of lists, as in lists',
    name       String COMMENT 'words and runs of its name alone, parted by spaces',
    words      String COMMENT 'words of name and description, as in post_texts',
    runs       String COMMENT 'runs of Han, kana and Hangul of both, as in post_texts',
    INDEX words words TYPE text(tokenizer = splitByString([' ']), posting_list_codec = 'bitpacking'),
    INDEX runs runs TYPE text(tokenizer = ngrams(2), posting_list_codec = 'bitpacking')
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (collection, actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
