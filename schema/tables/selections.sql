-- Truth. One row per selection that was ever in force: which part of the network is kept, and how far the store has come to hold just
-- that. The highest number is in force; of each number the highest version counts.
-- Written and read by firehouse-ingest/src/keep/keeping.rs.
CREATE TABLE IF NOT EXISTS selections
(
    number  UInt64 COMMENT 'rises by one with every change',
    rules   String COMMENT 'JSON, in the words of [keep]',
    said    UInt8  COMMENT '1 = by the administrator at run time, which wins over the configuration',
    refetch UInt8  COMMENT '1 = more is wanted of each repo than before: those in step are fetched again',
    walk    UInt8  COMMENT '1 = accounts are wanted that only the lists of hosts name',
    phase   Enum8('begun' = 0, 'parted' = 1, 'marked' = 2, 'removed' = 3, 'applied' = 4) COMMENT 'parted = repos holds nobody else; marked = what is newly wanted is out of step; removed = the rest is gone; applied = the lists are walked',
    marked  UInt64 COMMENT 'while repos are being marked: the account up to which they are',
    version UInt64 COMMENT 'microseconds since 1970 of our clock when saved'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
