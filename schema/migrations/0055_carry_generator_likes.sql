-- The likes that were there before the view.
INSERT INTO generator_likes
SELECT target_actor, target_rkey, actor, rkey, rev, deleted, sort_at
FROM links
WHERE collection = 'app.bsky.feed.like' AND path = '.subject.uri' AND target_collection = 'app.bsky.feed.generator'
