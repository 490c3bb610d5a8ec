-- Derived from post_texts. One row per finished interval, language and term that enough accounts said: what bursts are measured against.
-- Written by firehouse-store/src/trends/count_terms.sql for the background job of firehouse-ingest/src/trends, which reads it too.
-- Rebuild: TRUNCATE, and remove the position of the job; as many days are counted again as it looks back.
CREATE TABLE IF NOT EXISTS term_counts
(
    span_s   UInt32                 COMMENT 'length of the interval; other lengths are other counts',
    at       DateTime64(3, 'UTC')   COMMENT 'when the interval begins',
    lang     LowCardinality(String) COMMENT 'language of the posts; empty = all together',
    term     String                 COMMENT 'a word, two with a space between, #tag, $ticker, url:hash, a pair of Han, kana or Hangul; empty = whatever they said',
    accounts UInt32                 COMMENT 'who said it, each once, of one PDS at most so many as configured',
    posts    UInt32                 COMMENT 'in which'
)
-- An interval that is counted again replaces what it said before. Days go as a whole.
ENGINE = ReplacingMergeTree
PARTITION BY toDate(at)
ORDER BY (span_s, at, lang, term)
TTL toDate(at) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, fsync_after_insert = 1, fsync_part_directory = 1
