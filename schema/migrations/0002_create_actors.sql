-- Truth. One row per seen state of one account; the highest version wins.
-- Written by firehouse-ingest from identities and #account events, and with version 0 for DIDs that records only mention,
-- so that every number can be turned back into its DID.
CREATE TABLE IF NOT EXISTS actors
(
    actor      UInt64                 COMMENT 'xxh3 of the DID',
    did        String                 COMMENT 'the DID',
    handle     String                 COMMENT 'verified both ways; empty when it was not',
    pds        LowCardinality(String) COMMENT 'origin of the account''s PDS',
    key        String                 COMMENT 'signing key as did:key',
    status     Enum8('mentioned' = 0, 'active' = 1, 'deactivated' = 2, 'suspended' = 3, 'takendown' = 4, 'deleted' = 5, 'inactive' = 6) COMMENT 'mentioned = seen only as a target; inactive = a status we do not know',
    first_seen DateTime64(3, 'UTC')   COMMENT 'when this store first saw the account itself',
    version    UInt64                 COMMENT 'microseconds since 1970 of our clock when written; 0 = mentioned only'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY actor
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
