-- The thread that one post belongs to; zeros when it is no reply.
-- Params: actor UInt64; rkey UInt64.
SELECT root_actor, root_rkey
FROM posts FINAL
PREWHERE actor = {actor:UInt64} AND rkey = {rkey:UInt64}
