-- Feeds thread_items. A tombstone in posts carries the root of the version it buries, so it buries the reply there too.
CREATE MATERIALIZED VIEW IF NOT EXISTS thread_items_mv TO thread_items AS
SELECT root_actor, root_rkey, actor, rkey, parent_actor, parent_rkey, rev, deleted, sort_at, made_at
FROM posts
WHERE root_actor != 0
