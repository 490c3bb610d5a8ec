-- The graph: one row an account, so that a round reads each follow once and joins accounts only.
CREATE OR REPLACE TABLE standing_follows
(
    actor   UInt64        COMMENT 'who follows',
    targets Array(UInt64) COMMENT 'whom, first those who follow back',
    mutual  UInt32        COMMENT 'how many follow back'
)
ENGINE = MergeTree
ORDER BY actor
