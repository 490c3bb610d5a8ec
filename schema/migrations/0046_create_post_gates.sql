-- Derived from records. One row per version of one app.bsky.feed.postgate record that was ever seen, and one per deletion, as thread_gates.
-- Rebuild: index the gates in records again; what older versions said is lost.
CREATE TABLE IF NOT EXISTS post_gates
(
    actor     UInt64               COMMENT 'author of the post, whose gate it is',
    rkey      UInt64               COMMENT 'record key of the gate and of the post',
    rev       UInt64               COMMENT 'commit rev of this version',
    made_at   DateTime64(3, 'UTC') COMMENT 'as in thread_gates',
    is_closed UInt8                COMMENT '1 = nobody else may quote the post'
)
ENGINE = ReplacingMergeTree
ORDER BY (actor, rkey, rev)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
