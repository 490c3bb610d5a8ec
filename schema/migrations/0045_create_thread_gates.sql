-- Derived from records. One row per version of one app.bsky.feed.threadgate record that was ever seen, and one per deletion: rev is in the
-- key, since what a gate said when a reply was made decides about that reply for good. Read by firehouse-store/src/read/gates.rs.
-- Rebuild: index the gates in records again; what older versions said is lost.
CREATE TABLE IF NOT EXISTS thread_gates
(
    actor     UInt64               COMMENT 'author of the thread, whose gate it is',
    rkey      UInt64               COMMENT 'record key of the gate and of the post that begins the thread',
    rev       UInt64               COMMENT 'commit rev of this version',
    made_at   DateTime64(3, 'UTC') COMMENT 'from when on it holds: the time of rev; where rev is only that of a fetched repo, its sort_at',
    is_closed UInt8                COMMENT '1 = only those may reply whom a rule allows; 0 = everybody, also when it is deleted',
    rules     UInt8                COMMENT 'who may, bits: 1 mentioned, 2 followers, 4 followed',
    lists     Array(Tuple(UInt64, UInt64)) COMMENT 'and who is on these lists: actor, rkey'
)
ENGINE = ReplacingMergeTree
ORDER BY (actor, rkey, rev)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
