-- By which of its records one account blocks some lists, and by which it opts out of some.
-- Params: actor UInt64; keys Array(Tuple(UInt64, UInt64)): actor, rkey of the lists.
SELECT target_actor AS list_actor, target_rkey AS list_rkey, collection, argMin(rkey, (rev, rkey)) AS record
FROM links FINAL
PREWHERE (target_actor, target_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    AND target_collection = 'app.bsky.graph.list'
    AND collection IN ('app.bsky.graph.listblock', 'app.bsky.graph.referencelistoptout')
    AND path = '.subject'
    AND actor = {actor:UInt64}
GROUP BY target_actor, target_rkey, collection
