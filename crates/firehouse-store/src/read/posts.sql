-- Some posts, and with them those they answer and quote: one level, so that a page needs one look-up and not two.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey.
-- epoch_ms Int64: what was indexed later shows when, in the place of what it is sorted by.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at,
    if(toUnixTimestamp64Milli(witnessed_at) > {epoch_ms:Int64}, toDateTime64(witnessed_at, 3, 'UTC'), records.sort_at) AS sort_at
FROM records FINAL
PREWHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN
(
    SELECT arrayJoin([(actor, rkey), (root_actor, root_rkey), (parent_actor, parent_rkey), (quote_actor, quote_rkey)])
    FROM posts FINAL
    PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
)
WHERE valid = 1
