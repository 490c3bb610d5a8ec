-- Truth. One row per upstream that was added, removed, paused or resumed while firehouse ran; the highest version wins.
-- Written by firehouse-store when the administrator changes it, read once at start, where it wins over the configuration.
CREATE TABLE IF NOT EXISTS upstreams
(
    upstream String COMMENT 'host and port, as in cursors: what makes two URLs the same upstream',
    url      String COMMENT 'as the administrator wrote it; pds+ in front: a single PDS',
    followed UInt8  COMMENT '1 = added, 0 = removed, also where the configuration says otherwise',
    version  UInt64 COMMENT 'microseconds since 1970 of our clock when changed',
    paused   UInt8  COMMENT '1 = followed, but not now: its cursor waits'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY upstream
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
