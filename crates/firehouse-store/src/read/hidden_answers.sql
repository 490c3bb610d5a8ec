-- Which answers the authors of some threads hide, and since when their gates do.
-- Params: roots Array(Tuple(UInt64, UInt64)): actor, rkey of the first posts, which are those of the gates.
SELECT actor, rkey, target_actor, target_rkey, toInt64(bitShiftRight(rev, 10)) AS hidden_at_us
FROM links_by_source FINAL
PREWHERE (actor, rkey) IN {roots:Array(Tuple(UInt64, UInt64))}
    AND collection = 'app.bsky.feed.threadgate'
    AND path = '.hiddenReplies[]'
    AND target_collection = 'app.bsky.feed.post'
