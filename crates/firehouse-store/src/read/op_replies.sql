-- What the author of the thread that one post is in replied in it, deleted ones included: they keep their place while something is
-- below them. A reply that no longer names this root is as good as deleted (see thread.sql).
-- Params: actor UInt64; rkey UInt64: any post of the thread; limit UInt32.
WITH root AS
(
    SELECT if(root_actor = 0, actor, root_actor) AS first_actor, if(root_actor = 0, rkey, root_rkey) AS first_rkey
    FROM posts FINAL
    PREWHERE actor = {actor:UInt64} AND rkey = {rkey:UInt64}
)
SELECT actor, rkey, argMax(parent_actor, rev) AS of_actor, argMax(parent_rkey, rev) AS of_rkey,
    if(rkey IN
    (
        SELECT rkey
        FROM links FINAL
        PREWHERE (target_actor, target_rkey, actor) IN (SELECT first_actor, first_rkey, first_actor FROM root)
            AND target_collection = 'app.bsky.feed.post'
            AND collection = 'app.bsky.feed.post'
            AND path = '.reply.root.uri'
    ), 0, max(rev)) AS deleted_at
FROM thread_items
PREWHERE (root_actor, root_rkey, actor) IN (SELECT first_actor, first_rkey, first_actor FROM root)
GROUP BY actor, rkey
ORDER BY rkey
LIMIT {limit:UInt32}
