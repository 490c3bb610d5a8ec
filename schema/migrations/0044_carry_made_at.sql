ALTER TABLE thread_items_mv MODIFY QUERY
SELECT root_actor, root_rkey, actor, rkey, parent_actor, parent_rkey, rev, deleted, sort_at, made_at
FROM posts
WHERE root_actor != 0
