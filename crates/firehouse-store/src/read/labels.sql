-- What some labelers say now about some accounts, with their profiles and statuses, and about some records.
-- Params: actors Array(UInt64); records Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey; this UInt64: the number of the
-- key "self"; sources Array(UInt64); now_ms Int64: labels that have expired by then are left out.
SELECT actor, collection, rkey, src, labeler, uri, cid, val, cts, exp, ver
FROM labels FINAL
PREWHERE
    (
        (actor, collection, rkey) IN {records:Array(Tuple(UInt64, String, UInt64))}
        OR
        (
            actor IN {actors:Array(UInt64)}
            AND (collection, rkey) IN (('', 0), ('app.bsky.actor.profile', {this:UInt64}), ('app.bsky.actor.status', {this:UInt64}))
        )
    )
    AND src IN {sources:Array(UInt64)}
WHERE neg = 0 AND expires_at > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC')
ORDER BY actor, collection, rkey, src, val, cid, uri
