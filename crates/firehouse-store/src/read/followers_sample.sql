-- Some of those who follow an account: whom they follow besides is like it.
-- Params: actor UInt64; limit UInt32.
SELECT DISTINCT actor AS who
FROM links FINAL
PREWHERE target_actor = {actor:UInt64} AND target_rkey = 0 AND target_collection = ''
    AND collection = 'app.bsky.graph.follow' AND path = '.subject'
LIMIT {limit:UInt32}
