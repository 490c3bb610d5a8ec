-- Some of an account's followers: whom else they follow is likely to be like it.
-- Params: actor UInt64; limit UInt32.
SELECT DISTINCT actor AS who
FROM links FINAL
PREWHERE target_actor = {actor:UInt64} AND target_rkey = 0 AND target_collection = ''
    AND collection = 'app.bsky.graph.follow' AND path = '.subject'
LIMIT {limit:UInt32}
