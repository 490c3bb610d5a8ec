-- Truth. One row per saved cursor; the highest version wins.
-- Written by firehouse-store after every row below the seq is acknowledged, read once at start.
CREATE TABLE IF NOT EXISTS cursors
(
    upstream String COMMENT 'scheme, host and port: seqs mean nothing elsewhere',
    seq      UInt64 COMMENT 'every event up to this one is durable',
    version  UInt64 COMMENT 'microseconds since 1970 of our clock when saved'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY upstream
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
