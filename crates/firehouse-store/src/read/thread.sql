-- The replies of one thread, latest first, with what each answers.
-- A reply that an edit moved to another thread keeps a row here, since its tombstone would have the key of the post itself. links are
-- buried by the whole of what they said, so they know who still names this root, and lie in one range too.
-- Params: root_actor UInt64; root_rkey UInt64; limit UInt32.
SELECT actor, rkey, parent_actor, parent_rkey
FROM thread_items FINAL
PREWHERE root_actor = {root_actor:UInt64} AND root_rkey = {root_rkey:UInt64}
    AND (actor, rkey) IN
    (
        SELECT actor, rkey
        FROM links FINAL
        PREWHERE target_actor = {root_actor:UInt64}
            AND target_rkey = {root_rkey:UInt64}
            AND target_collection = 'app.bsky.feed.post'
            AND collection = 'app.bsky.feed.post'
            AND path = '.reply.root.uri'
    )
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
