-- Derived from private_bookmarks by views/private_bookmarks_by_subject_mv.sql: the same bookmarks by post, to count them.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS private_bookmarks_by_subject
(
    subject_actor UInt64,
    subject_rkey  UInt64,
    actor         UInt64,
    version       UInt64,
    deleted       UInt8
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (subject_actor, subject_rkey, actor)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
