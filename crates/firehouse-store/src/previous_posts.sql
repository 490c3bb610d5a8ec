-- Some posts, as they stand.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT actor, rkey, rev, deleted, cid, created_at, sort_at, root_actor, root_rkey, parent_actor, parent_rkey, quote_actor, quote_rkey, embeds, langs
FROM posts FINAL
WHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
