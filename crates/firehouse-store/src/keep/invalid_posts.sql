-- Posts that break their lexicon: what languages they declare is for whoever reads them.
-- Params: after_actor UInt64, after_rkey UInt64, exclusive; limit UInt32.
SELECT actor, rkey, rev, body
FROM records FINAL
PREWHERE collection = 'app.bsky.feed.post' AND (actor, rkey) > ({after_actor:UInt64}, {after_rkey:UInt64})
WHERE deleted = 0 AND valid = 0
ORDER BY actor, rkey
LIMIT {limit:UInt32}
