-- The order in which posts came over the stream, and went: what is numbered here lies in the other tables already. Of the last day only.
-- Written by firehouse-ingest/src/flush.rs, read by live searches that were away for a while, or run in another process
-- (firehouse-store/src/read/search). Cannot be rebuilt, and need not be.
CREATE TABLE IF NOT EXISTS post_arrivals
(
    number  UInt64               COMMENT 'rises with every row; about when it was written, in microseconds since 1970' CODEC(Delta(8), ZSTD(1)),
    sort_at DateTime64(3, 'UTC') COMMENT 'as in post_texts' CODEC(Delta(8), ZSTD(1)),
    actor   UInt64               COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey    UInt64               COMMENT 'record key as a number',
    rev     UInt64               COMMENT 'commit rev: the version',
    deleted UInt8                COMMENT '1 = gone at this rev, or no longer what it was'
)
ENGINE = MergeTree
PARTITION BY intDiv(number, 86400000000)
ORDER BY number
TTL toDateTime(intDiv(number, 1000000)) + toIntervalDay(1)
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
