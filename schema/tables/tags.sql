-- Truth. One row per state of one subject that moderators' tools have tagged; the highest version wins. Tags hide or demote, as configured.
-- Written by firehouse-store for dev.firehouse.admin.setTags, read when an answer is made. It stands apart from what is indexed.
CREATE TABLE IF NOT EXISTS tags
(
    actor      UInt64                        COMMENT 'xxh3 of the DID of the account, or of the owner of the record',
    collection LowCardinality(String)        COMMENT 'collection of the record; empty for accounts',
    rkey       UInt64                        COMMENT 'record key as in records; 0 for accounts',
    subject    String                        COMMENT 'as a text: the DID of the account, the AT-URI of the record',
    tags       Array(LowCardinality(String)) COMMENT 'all that the subject has now, may be none',
    version    UInt64                        COMMENT 'microseconds since 1970 of our clock when said'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (actor, collection, rkey)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
