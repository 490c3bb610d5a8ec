-- The replies of the thread that one post is in, latest first, with what each answers.
-- A reply that an edit moved to another thread keeps a row here, since its tombstone would have the key of the post itself. links are
-- buried by the whole of what they said, so they know who still names this root, and lie in one range too.
-- Params: actor UInt64; rkey UInt64: any post of the thread; limit UInt32.
WITH root AS
(
    SELECT if(root_actor = 0, actor, root_actor) AS first_actor, if(root_actor = 0, rkey, root_rkey) AS first_rkey
    FROM posts FINAL
    PREWHERE actor = {actor:UInt64} AND rkey = {rkey:UInt64}
)
SELECT actor, rkey, parent_actor, parent_rkey
FROM thread_items FINAL
PREWHERE (root_actor, root_rkey) IN (SELECT first_actor, first_rkey FROM root)
    AND (actor, rkey) IN
    (
        SELECT actor, rkey
        FROM links FINAL
        PREWHERE (target_actor, target_rkey) IN (SELECT first_actor, first_rkey FROM root)
            AND target_collection = 'app.bsky.feed.post'
            AND collection = 'app.bsky.feed.post'
            AND path = '.reply.root.uri'
    )
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
