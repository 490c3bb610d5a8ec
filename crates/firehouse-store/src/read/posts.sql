-- Some posts, and with them those they answer and quote: one level, so that a page needs one look-up and not two.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at, sort_at
FROM records FINAL
PREWHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN
(
    SELECT arrayJoin([(actor, rkey), (root_actor, root_rkey), (parent_actor, parent_rkey), (quote_actor, quote_rkey)])
    FROM posts FINAL
    PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
)
WHERE valid = 1
