-- Feeds links_by_source.
CREATE MATERIALIZED VIEW IF NOT EXISTS links_by_source_mv TO links_by_source AS
SELECT actor, collection, rkey, path, target_actor, target_rkey, target_collection, rev, deleted, sort_at
FROM links
