-- Derived from offered_texts by views/offered_words_mv.sql: where to look for a list, starter pack or feed generator by how one of its words
-- begins. A row says that it once had the word; the reader looks whether it still has.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS offered_words
(
    collection LowCardinality(String) COMMENT 'as in offered_texts',
    word       String COMMENT 'a word of name or description',
    actor      UInt64 COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey       UInt64 COMMENT 'record key as a number'
)
ENGINE = ReplacingMergeTree
ORDER BY (collection, word, actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
