-- Derived from links_by_source once a day by firehouse-store/src/standings/: how accounts stand with those who follow. The whole table is
-- replaced at once; whom nobody follows has no row. Rebuild: TRUNCATE, and it is made anew.
CREATE TABLE IF NOT EXISTS standings
(
    actor       UInt64  COMMENT 'xxh3 of the DID',
    followers   UInt32  COMMENT 'who follow it, without those that follow more than 10,000 others first',
    rank        Float32 COMMENT 'rank in the graph of follows, from 0.05: what it shares out among those it follows itself',
    level       UInt16  COMMENT 'the rank on a scale of logarithms: 1,000 more is ten times as much',
    computed_at UInt64  COMMENT 'when it was worked out, the same in all rows. Units: microseconds since 1970'
)
ENGINE = MergeTree
ORDER BY actor
-- Small granules and blocks: looked up by the key of one account.
SETTINGS index_granularity = 128, min_compress_block_size = 1024, fsync_after_insert = 1, fsync_part_directory = 1
