-- Feeds author_items.
CREATE MATERIALIZED VIEW IF NOT EXISTS author_items_mv TO author_items AS
SELECT actor, sort_at, kind, rkey, post_actor, post_rkey, root_actor, embeds, rev, deleted
FROM feed_items
