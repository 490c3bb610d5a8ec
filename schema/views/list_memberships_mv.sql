-- Feeds list_memberships.
CREATE MATERIALIZED VIEW IF NOT EXISTS list_memberships_mv TO list_memberships AS
SELECT subject, list_actor, list_rkey, rkey, rev, deleted, sort_at
FROM list_items
