-- Derived from actors by views/name_words_of_handles_mv.sql, and from profiles by firehouse-indexer/src/profile.rs: where to look for a
-- name by how one of its words begins. A row says that the account once had it; the reader looks whether it still has.
-- Rebuild: TRUNCATE, then the SELECT of the view, and forget the position "names" of the walk over texts; names that nobody has any more
-- stay out.
CREATE TABLE IF NOT EXISTS name_words
(
    word  String COMMENT 'a word of a handle or display name, folded, or a whole handle; of scripts without spaces every end of a word',
    actor UInt64 COMMENT 'xxh3 of the DID'
)
ENGINE = ReplacingMergeTree
ORDER BY (word, actor)
SETTINGS index_granularity = 1024, fsync_after_insert = 1, fsync_part_directory = 1
