-- Truth, a copy. One row per operation of the PLC directory that was believed, or doubted; the highest seq of a DID wins.
-- Written by firehouse-ingest/src/directory.rs while the export is followed, read where a DID would else be asked for.
CREATE TABLE IF NOT EXISTS identities
(
    actor         UInt64                         COMMENT 'xxh3 of the DID',
    did           String                         COMMENT 'the DID',
    seq           UInt64                         COMMENT 'the directory''s number of the operation: the version',
    state         Enum8('doubtful' = 0, 'open' = 1, 'tombstoned' = 2) COMMENT 'doubtful = an operation does not follow those before it: the directory is to be asked',
    cid           FixedString(32)                COMMENT 'SHA-256 digest of the operation, which the next one must name; zeros unless open',
    rotation_keys Array(LowCardinality(String))  COMMENT 'who may sign the next operation, as did:key',
    handle        String                         COMMENT 'the handle that is claimed, not verified; empty without one',
    pds           LowCardinality(String)         COMMENT 'origin of the PDS; empty without one',
    key           String                         COMMENT 'signing key as did:key; empty without one',
    document      String                         COMMENT 'the DID document where the columns are not all of it (labelers, feed generators), else empty' CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(seq)
ORDER BY actor
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
