-- What some issuers say of who some accounts are, whole, the oldest first. Of one issuer and account the first record that stands.
-- Params: actors Array(UInt64): the accounts; issuers Array(UInt64).
SELECT collection, actor, rkey, cid, rkey_text, body, created_at, sort_at
FROM records FINAL
PREWHERE collection = 'app.bsky.graph.verification' AND (actor, rkey) IN
(
    SELECT actor, argMin(rkey, (rev, rkey))
    FROM links FINAL
    PREWHERE target_actor IN {actors:Array(UInt64)}
        AND target_rkey = 0
        AND target_collection = ''
        AND collection = 'app.bsky.graph.verification'
        AND path = '.subject'
        AND actor IN {issuers:Array(UInt64)}
    GROUP BY target_actor, actor
)
WHERE valid = 1
ORDER BY sort_at, actor, rkey
