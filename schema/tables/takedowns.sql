-- Truth. One row per decision about one subject: an account, a record or a blob. The highest version wins.
-- Written by firehouse-store when a moderator decides, read wherever accounts and records are. It stands apart from what is indexed, so
-- that nothing which is indexed again, deleted or made anew undoes it.
CREATE TABLE IF NOT EXISTS takedowns
(
    actor      UInt64                 COMMENT 'xxh3 of the DID of the account, or of the owner of the record or blob',
    collection LowCardinality(String) COMMENT 'collection of the record; empty for accounts and blobs',
    rkey       UInt64                 COMMENT 'record key as in records; 0 for accounts and blobs',
    blob       String                 COMMENT 'CID of the blob as text; empty for accounts and records',
    subject    String                 COMMENT 'as a text: the DID of the account or of the blob''s owner, the AT-URI of the record',
    cid        String                 COMMENT 'the version of the record that the moderator saw; every version is taken down',
    applied    UInt8                  COMMENT '1 = taken down, 0 = given back',
    ref        String                 COMMENT 'the moderator''s own name for the decision, may be empty',
    version    UInt64                 COMMENT 'microseconds since 1970 of our clock when decided'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (actor, collection, rkey, blob)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
