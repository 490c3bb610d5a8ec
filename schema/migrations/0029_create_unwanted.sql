-- Scratch. One row per post that is being removed because it declares only other languages; empty while none is.
-- Written and read by firehouse-store/src/keep/remove.rs: what is found here after a crash is removed first.
CREATE TABLE IF NOT EXISTS unwanted
(
    actor UInt64 COMMENT 'xxh3 of the DID',
    rkey  UInt64 COMMENT 'record key as in posts',
    rev   UInt64 COMMENT 'the version that is not wanted: a newer one stays'
)
ENGINE = MergeTree
ORDER BY (actor, rkey)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
