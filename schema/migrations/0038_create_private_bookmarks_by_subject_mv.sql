-- Feeds private_bookmarks_by_subject.
CREATE MATERIALIZED VIEW IF NOT EXISTS private_bookmarks_by_subject_mv TO private_bookmarks_by_subject AS
SELECT subject_actor, subject_rkey, actor, version, deleted
FROM private_bookmarks
