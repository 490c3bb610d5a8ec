-- Derived from ranked_names, together with it: of beginnings that too many words have, the accounts that stand best. Replaced at once.
-- Rebuild: TRUNCATE standings, and all are made anew.
CREATE TABLE IF NOT EXISTS best_names
(
    beginning String COMMENT 'of one to sixteen characters',
    is_word   UInt8  COMMENT '1 = it is a whole word of the name',
    level     UInt16 COMMENT 'as in standings',
    actor     UInt64 COMMENT 'xxh3 of the DID'
)
ENGINE = MergeTree
ORDER BY (beginning, is_word, level, actor)
SETTINGS index_granularity = 256, fsync_after_insert = 1, fsync_part_directory = 1
