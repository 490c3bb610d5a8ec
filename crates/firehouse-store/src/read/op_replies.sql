-- What the author of a thread replied in it, deleted ones included: they keep their place while something is below them.
-- A reply that no longer names this root is as good as deleted (see thread.sql).
-- Params: root_actor UInt64; root_rkey UInt64; limit UInt32.
SELECT rkey, argMax(parent_actor, rev) AS of_actor, argMax(parent_rkey, rev) AS of_rkey,
    if(rkey IN
    (
        SELECT rkey
        FROM links FINAL
        PREWHERE target_actor = {root_actor:UInt64}
            AND target_rkey = {root_rkey:UInt64}
            AND target_collection = 'app.bsky.feed.post'
            AND collection = 'app.bsky.feed.post'
            AND path = '.reply.root.uri'
            AND actor = {root_actor:UInt64}
    ), 0, max(rev)) AS deleted_at
FROM thread_items
PREWHERE root_actor = {root_actor:UInt64} AND root_rkey = {root_rkey:UInt64} AND actor = {root_actor:UInt64}
GROUP BY rkey
ORDER BY rkey
LIMIT {limit:UInt32}
