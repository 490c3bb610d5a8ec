-- What reached an account in a round of handing ranks on; each round is a partition.
CREATE OR REPLACE TABLE standing_ranks
(
    round     UInt8,
    actor     UInt64,
    inflow    Float32 COMMENT 'shares of the ranks of those who follow it',
    followers UInt32
)
ENGINE = MergeTree
PARTITION BY round
ORDER BY actor
