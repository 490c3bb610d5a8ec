-- The posts that answer some posts or once did, each by its key: not FINAL, since below an answer that is gone others may still stand.
-- At most as many as firehouse-ingest/src/ancestry.rs looks at.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT DISTINCT actor, rkey
FROM links
PREWHERE (target_actor, target_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    AND target_collection = 'app.bsky.feed.post'
    AND collection = 'app.bsky.feed.post'
    AND path = '.reply.parent.uri'
LIMIT 20000
