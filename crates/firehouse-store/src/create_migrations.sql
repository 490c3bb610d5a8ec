-- One row per migration that was applied.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version    UInt32               COMMENT 'number of the file in schema/migrations',
    name       String               COMMENT 'its name',
    text_hash  UInt64               COMMENT 'xxh3 of its text when it was applied',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplacingMergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
