-- Truth. One row per state of one entry of a list that people keep by hand: suggested accounts, feeds and starter packs, suggestions by
-- tag, trusted verifiers. The highest version wins.
-- Written by firehouse-store for dev.firehouse.admin.putEditorial and its like, read by firehouse-store/src/read/editorial.sql.
CREATE TABLE IF NOT EXISTS editorial
(
    list     Enum8('accounts' = 0, 'feeds' = 1, 'starter_packs' = 2, 'tagged' = 3, 'verifiers' = 4) COMMENT 'which list',
    tag      String COMMENT 'of a suggestion by tag; empty in the other lists',
    subject  String COMMENT 'a DID or an AT-URI',
    position Int64  COMMENT 'the list is in this order, then in that of its subjects',
    listed   UInt8  COMMENT '1 = on the list, 0 = taken off it; of a verifier also where the configuration names it',
    version  UInt64 COMMENT 'microseconds since 1970 of our clock when said'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (list, tag, subject)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
