-- The newest version of some posts, tombstones included.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, rev, deleted, cid, created_at, sort_at, root_actor, root_rkey, parent_actor, parent_rkey, quote_actor, quote_rkey, embeds, langs, made_at
FROM posts
WHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
ORDER BY rev DESC
LIMIT 1 BY actor, rkey
