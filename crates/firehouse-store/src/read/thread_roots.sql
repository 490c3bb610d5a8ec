-- The threads that some posts are in, by their first posts; zeros for posts that are no replies.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, root_actor, root_rkey
FROM posts FINAL
PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
