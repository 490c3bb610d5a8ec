-- Feeds actors_by_handle.
CREATE MATERIALIZED VIEW IF NOT EXISTS actors_by_handle_mv TO actors_by_handle AS
SELECT handle, actor, version
FROM actors
WHERE handle != ''
