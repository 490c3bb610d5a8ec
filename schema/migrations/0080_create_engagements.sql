-- Posts that were liked, reposted, answered or quoted over the stream, in the order in which that was written: whose answers are to be
-- counted again. What is numbered here lies in links already. Of the last hours only.
-- Written by firehouse-ingest/src/flush.rs, read by firehouse-ingest/src/engaged.rs. Cannot be rebuilt, and need not be: what is missing here
-- the sweep over links finds.
CREATE TABLE IF NOT EXISTS engagements
(
    number       UInt64 COMMENT 'rises with every row; about when it was written, in microseconds since 1970' CODEC(Delta(8), ZSTD(1)),
    target_actor UInt64 COMMENT 'author of the post',
    target_rkey  UInt64 COMMENT 'its record key as a number'
)
ENGINE = MergeTree
PARTITION BY intDiv(number, 3600000000)
ORDER BY number
TTL toDateTime(intDiv(number, 1000000)) + toIntervalHour(6)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
