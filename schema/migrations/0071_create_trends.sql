-- Derived from post_texts, and kept: its posts may be gone, and its past is no longer counted. One row per trend and interval that it
-- lasted, and a heading (id 0) per interval that was looked at. The highest version wins.
-- Written by firehouse-ingest/src/trends, read by firehouse-store/src/read/trends.sql and trend_history.sql.
CREATE TABLE IF NOT EXISTS trends
(
    at            DateTime64(3, 'UTC')   COMMENT 'when the interval begins',
    lang          LowCardinality(String) COMMENT 'language of the posts; empty = all together',
    id            UInt64                 COMMENT 'stays the same as long as the trend lasts; 0 = the heading of the interval',
    span_s        UInt32                 COMMENT 'length of the interval',
    name          String                 COMMENT 'its most telling term as most people write it, or the title of a page',
    query         String                 COMMENT 'the search that finds its posts',
    term          String                 COMMENT 'that term as in term_counts, or a longer run',
    terms         Array(String)          COMMENT 'all its terms, the most telling first',
    started_at    DateTime64(3, 'UTC')   COMMENT 'beginning of its first interval',
    peak_at       DateTime64(3, 'UTC')   COMMENT 'beginning of the interval with most accounts',
    peak_accounts UInt32                 COMMENT 'how many it had then',
    accounts      UInt32                 COMMENT 'who said one of its terms in this interval, counted as in term_counts',
    posts         UInt32                 COMMENT 'in how many posts',
    all_posts     UInt64                 COMMENT 'posts since it started',
    score         Float32                COMMENT 'how far above its past it is, in standard deviations; fades when it is no longer',
    is_hot        UInt8                  COMMENT '1 = higher than ever before',
    actors        Array(UInt64)          COMMENT 'some who said it, those with the best liked posts first',
    samples       Array(Tuple(UInt64, UInt64)) COMMENT 'some of its posts by author and record key, the best liked first',
    version       UInt64                 COMMENT 'microseconds since 1970 of our clock when written',
    deleted       UInt8                  COMMENT '1 = there was none, as the interval was looked at again'
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (at, lang, id)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
