-- Truth. One row per flush and repo: the last commit applied to it. The highest rev wins.
-- Apart from actors because it is written with nearly every commit, and an identity hardly ever.
-- Written by firehouse-ingest after every other table of the flush, so that a rev found here proves that its rows are there.
CREATE TABLE IF NOT EXISTS repos
(
    actor  UInt64                 COMMENT 'xxh3 of the DID',
    rev    UInt64                 COMMENT 'rev of the last applied commit, the TID as an integer',
    data   FixedString(32)        COMMENT 'SHA-256 digest of the root of its tree',
    state  Enum8('desynchronized' = 0, 'synchronized' = 1) COMMENT 'synchronized = every record of the repo is here, proven commit by commit',
    reason LowCardinality(String) COMMENT 'why it is desynchronized: unknown_start or a drop reason; else empty',
    vouched UInt64 DEFAULT if(state = 'synchronized', rev, 0) COMMENT 'rows up to this rev are all there, in every table; above it a crash may have left some out'
)
ENGINE = ReplacingMergeTree(rev)
ORDER BY actor
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
