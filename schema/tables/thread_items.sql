-- Derived from posts by views/thread_items_mv.sql: the replies of a thread, all in one range. A row says that the reply once was in it:
-- one that an edit moves to another thread keeps its old row, so the reader asks links whether it still names this root.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS thread_items
(
    root_actor   UInt64,
    root_rkey    UInt64,
    actor        UInt64               COMMENT 'author of the reply',
    rkey         UInt64               COMMENT 'record key of the reply',
    parent_actor UInt64,
    parent_rkey  UInt64,
    rev          UInt64,
    deleted      UInt8,
    sort_at      DateTime64(3, 'UTC'),
    made_at      DateTime64(3, 'UTC') DEFAULT sort_at COMMENT 'as in posts'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (root_actor, root_rkey, actor, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1, min_compress_block_size = 8192, max_compress_block_size = 8192
