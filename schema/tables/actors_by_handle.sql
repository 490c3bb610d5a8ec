-- Derived from actors by views/actors_by_handle_mv.sql: where to look for a handle. A row says that the actor once had it;
-- the reader asks actors whether it still has. Rebuild: TRUNCATE, then the SELECT of the view; handles that nobody has any more stay out.
CREATE TABLE IF NOT EXISTS actors_by_handle
(
    handle  String COMMENT 'lower case',
    actor   UInt64 COMMENT 'xxh3 of the DID',
    version UInt64 COMMENT 'as in actors'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (handle, actor)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
