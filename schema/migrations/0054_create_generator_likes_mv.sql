-- Feeds generator_likes.
CREATE MATERIALIZED VIEW IF NOT EXISTS generator_likes_mv TO generator_likes AS
SELECT target_actor, target_rkey, actor, rkey, rev, deleted, sort_at
FROM links
WHERE collection = 'app.bsky.feed.like' AND path = '.subject.uri' AND target_collection = 'app.bsky.feed.generator'
