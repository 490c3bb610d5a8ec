-- Truth. One row per saved state of one draft; the highest version wins.
-- Written by firehouse-store/src/private/drafts.rs. Nobody but its owner is told.
CREATE TABLE IF NOT EXISTS private_drafts
(
    actor      UInt64 COMMENT 'xxh3 of the DID of the account whose draft it is',
    id         UInt64 COMMENT 'the TID of when it was made, as an integer',
    draft      String COMMENT 'app.bsky.draft.defs#draft as JSON; empty when deleted' CODEC(ZSTD(3)),
    created_at UInt64 COMMENT 'microseconds since 1970 of our clock when made',
    version    UInt64 COMMENT 'microseconds since 1970 of our clock when saved; rises with everything its owner saves: what pages are ordered by',
    deleted    UInt8  COMMENT '1 = deleted'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (actor, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
