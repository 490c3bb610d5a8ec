-- Derived from links by views/generator_likes_mv.sql: likes of feed generators alone, out of all likes, so that all of them can be ranked.
-- Rebuild: TRUNCATE, then the SELECT of the view.
CREATE TABLE IF NOT EXISTS generator_likes
(
    target_actor UInt64              COMMENT 'whose generator',
    target_rkey  UInt64              COMMENT 'record key of the generator',
    actor        UInt64              COMMENT 'who likes it',
    rkey         UInt64              COMMENT 'record key of the like',
    rev          UInt64              COMMENT 'commit rev: the version',
    deleted      UInt8               COMMENT '1 = gone at this rev',
    sort_at      DateTime64(3, 'UTC') COMMENT 'as in records'
)
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (target_actor, target_rkey, actor, rkey)
SETTINGS index_granularity = 2048, fsync_after_insert = 1, fsync_part_directory = 1
