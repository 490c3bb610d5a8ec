-- Derived from list_items by views/list_memberships_mv.sql: the same items by member, to ask which lists someone is on.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS list_memberships
(
    subject    UInt64,
    list_actor UInt64,
    list_rkey  UInt64,
    rkey       UInt64,
    rev        UInt64,
    deleted    UInt8,
    sort_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (subject, list_actor, list_rkey, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
