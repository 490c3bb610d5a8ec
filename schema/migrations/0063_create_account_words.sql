-- Derived from name_words by views/account_words_mv.sql: the same words by the account that has or had them.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS account_words
(
    actor UInt64 COMMENT 'xxh3 of the DID',
    word  String COMMENT 'as in name_words'
)
ENGINE = ReplacingMergeTree
PRIMARY KEY actor
ORDER BY (actor, word)
-- Small granules and blocks: looked up by the keys of the accounts that somebody follows.
SETTINGS index_granularity = 128, min_compress_block_size = 1024, fsync_after_insert = 1, fsync_part_directory = 1
