-- Truth. One row per list of repos that is being walked through: the page it is resumed at. The highest version wins.
-- Written by firehouse-ingest/src/walk.rs after every repo of the pages before is dealt with, read when a walk begins.
CREATE TABLE IF NOT EXISTS positions
(
    walk    String COMMENT 'which repos are looked for, and where: the network of a relay, a collection at a host',
    host    String COMMENT 'whose list; empty in the row that begins a round',
    round   UInt64 COMMENT 'how often the whole walk was begun; rows of earlier rounds mean nothing',
    cursor  String COMMENT 'what the next page is asked for with',
    done    UInt8  COMMENT '1 = the list was read to its end',
    version UInt64 COMMENT 'microseconds since 1970 of our clock when saved'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (walk, host)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
