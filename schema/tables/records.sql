-- Truth. One row per seen version of one record; the highest rev wins.
-- Written by firehouse-indexer, read by every hydration.
CREATE TABLE IF NOT EXISTS records
(
    collection   LowCardinality(String)  COMMENT 'NSID',
    actor        UInt64                  COMMENT 'xxh3 of the DID of the repo it lives in',
    rkey         UInt64                  COMMENT 'record key: the TID as an integer, or xxh3 of it with the top bit set',
    rev          UInt64                  COMMENT 'commit rev, the TID as an integer: the version',
    deleted      UInt8                   COMMENT '1 = deleted at this rev',
    cid          FixedString(32)         COMMENT 'SHA-256 digest of the record block; zeros when deleted',
    rkey_text    String                  COMMENT 'the record key when it is not a TID, else empty',
    body         String                  COMMENT 'the record block, DAG-CBOR; empty when links hold all of it (likes, reposts, follows, blocks of the usual form)' CODEC(ZSTD(3)),
    created_at   DateTime64(3, 'UTC')    COMMENT 'claimed by the author, never used for ordering alone',
    sort_at      DateTime64(3, 'UTC')    COMMENT 'the earlier of created_at and the time of rev: what answers sort by',
    witnessed_at DateTime64(6, 'UTC')    COMMENT 'when this store first wrote this version',
    proof        Enum8('unverified' = 0, 'live' = 1, 'repo' = 2) COMMENT 'how the version was proven: not at all, by a signed commit of the stream, by a whole signed repo',
    valid        UInt8                   COMMENT '0 = it breaks its lexicon: kept, and in no derived table',
    source       LowCardinality(String)  COMMENT 'the upstream it came from',
    -- Leaves out the parts that none of the asked keys is of: keys rise with time, and merges join what is of one time.
    INDEX rkeys rkey TYPE minmax
)
-- No PARTITION BY: merges never cross partitions, and every column outside the key can change.
ENGINE = ReplacingMergeTree(rev, deleted)
ORDER BY (collection, actor, rkey)   -- one account's records of one kind lie together
-- Small granules: a look-up of 50 posts by 50 authors reads 50 of them, bodies included.
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
