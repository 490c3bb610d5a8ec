-- What one account bookmarked, latest first.
-- Params: actor UInt64; before UInt64: key of the last row seen, exclusive; limit UInt32.
SELECT subject_actor, subject_rkey, key, uri, cid
FROM private_bookmarks FINAL
PREWHERE actor = {actor:UInt64}
WHERE key < {before:UInt64}
ORDER BY key DESC
LIMIT {limit:UInt32}
