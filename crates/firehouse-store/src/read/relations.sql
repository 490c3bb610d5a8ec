-- Follows and blocks between some pairs of accounts.
-- Params: pairs Array(Tuple(UInt64, UInt64)): who is followed or blocked, by whom.
SELECT actor, target_actor, collection, argMin(rkey, (rev, rkey)) AS first_rkey
FROM links FINAL
PREWHERE (target_actor, actor) IN {pairs:Array(Tuple(UInt64, UInt64))}
    AND target_rkey = 0
    AND target_collection = ''
    AND collection IN ('app.bsky.graph.block', 'app.bsky.graph.follow')
    AND path = '.subject'
GROUP BY actor, target_actor, collection
