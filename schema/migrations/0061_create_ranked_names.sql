-- Derived from account_words and standings, together with these: the names of whoever has a standing. Replaced at once.
-- Rebuild: TRUNCATE standings, and all are made anew.
CREATE TABLE IF NOT EXISTS ranked_names
(
    word  String COMMENT 'as in name_words',
    actor UInt64 COMMENT 'xxh3 of the DID',
    level UInt16 COMMENT 'as in standings'
)
ENGINE = MergeTree
ORDER BY (word, actor)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
