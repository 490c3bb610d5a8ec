-- The accounts on one list, latest first. Each once, by the first of the items. Of a reference list, those who opted out are shown to
-- its creator alone.
-- Params: actor UInt64; rkey UInt64; viewer UInt64; 0 = nobody; before_ms Int64, before_actor UInt64: the last row seen, exclusive;
-- limit UInt32.
SELECT
    subject,
    argMin(rkey, (rev, rkey)) AS record,
    argMin(sort_at, (rev, rkey)) AS at,
    subject IN
    (
        SELECT actor
        FROM links FINAL
        PREWHERE target_actor = {actor:UInt64}
            AND target_rkey = {rkey:UInt64}
            AND target_collection = 'app.bsky.graph.list'
            AND collection = 'app.bsky.graph.referencelistoptout'
            AND path = '.subject'
        WHERE (target_actor, target_rkey) IN
        (
            SELECT actor, rkey
            FROM lists FINAL
            PREWHERE actor = {actor:UInt64} AND rkey = {rkey:UInt64}
            WHERE purpose = 'app.bsky.graph.defs#referencelist'
        )
    ) AS is_out
FROM list_items FINAL
PREWHERE list_actor = {actor:UInt64} AND list_rkey = {rkey:UInt64}
GROUP BY subject
HAVING
    (NOT is_out OR {actor:UInt64} = {viewer:UInt64})
    AND
    (
        at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
        OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND subject < {before_actor:UInt64})
    )
ORDER BY at DESC, subject DESC
LIMIT {limit:UInt32}
