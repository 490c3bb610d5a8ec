-- Truth. One row per account that is kept by its number, or was until lately: it is named, or lives in a neighbourhood.
-- Written by firehouse-ingest/src/keep/keeping.rs, read at start and by the statements that remove what is not kept.
CREATE TABLE IF NOT EXISTS kept
(
    actor   UInt64 COMMENT 'xxh3 of the DID',
    left_at UInt64 COMMENT '0 = it is kept; else since when nothing selects it, in microseconds since 1970, and 1 = it goes without grace',
    version UInt64 COMMENT 'microseconds since 1970 of our clock when written'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY actor
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
