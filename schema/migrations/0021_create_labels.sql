-- Truth. One row per seen state of one label: what one labeler says with one value about one subject. The highest version wins.
-- Written by firehouse-ingest from subscribeLabels, read by firehouse-store/src/read/labels.sql and query_labels.sql.
CREATE TABLE IF NOT EXISTS labels
(
    actor      UInt64                 COMMENT 'xxh3 of the DID of the account, or of the owner of the record, that is labelled',
    collection LowCardinality(String) COMMENT 'collection of the record; empty when the account itself is labelled',
    rkey       UInt64                 COMMENT 'record key as in records; 0 when the account itself is labelled',
    src        UInt64                 COMMENT 'xxh3 of the labeler''s DID',
    id         UInt64                 COMMENT 'xxh3 of uri, val and cid: tells the labels apart that one labeler has on one subject',
    version    UInt128                COMMENT 'orders states: nanoseconds of cts since year 0, then 1 bit negation, then 58 bits of a hash of all fields',
    labeler    LowCardinality(String) COMMENT 'the labeler''s DID',
    uri        String                 COMMENT 'the subject as the label names it: a DID or an AT-URI',
    cid        String                 COMMENT 'the version of the record it applies to; empty = to every version',
    val        LowCardinality(String) COMMENT 'what is said',
    neg        UInt8                  COMMENT '1 = takes the label back',
    cts        String                 COMMENT 'when it was made: claimed by the labeler, as written',
    exp        String                 COMMENT 'when it ceases to apply, as written; empty = never',
    expires_at DateTime64(3, 'UTC')   COMMENT 'exp, or the end of time',
    ver        UInt8                  COMMENT 'version of the form, 0 when the label names none: the signature covers which',
    neg_stated UInt8                  COMMENT '1 = the label has a field neg, be it false: the signature covers that',
    sig        String                 COMMENT 'the labeler''s signature over the fields that are there',
    key        LowCardinality(String) COMMENT 'the labeler''s key, as did:key, under which the signature held; empty = not checked, the labeler is trusted without',
    seq        UInt64                 COMMENT 'the labeler''s number of the event that brought it'
)
-- No PARTITION BY: merges never cross partitions. Nothing deletes: a label that was taken back is a row that says so.
ENGINE = ReplacingMergeTree(version)
ORDER BY (actor, collection, rkey, src, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
