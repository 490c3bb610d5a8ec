-- One bookmark, if it holds.
-- Params: actor UInt64: who bookmarks; subject UInt64, rkey UInt64: the post.
SELECT actor, subject_actor, subject_rkey, key, uri, cid, version, deleted
FROM private_bookmarks FINAL
PREWHERE actor = {actor:UInt64} AND subject_actor = {subject:UInt64} AND subject_rkey = {rkey:UInt64}
