-- Labels that hold now by subjects and sources, in the order of the table's key.
-- Params: uris Array(String): the subjects; actors Array(UInt64): the accounts in these; sources Array(UInt64);
-- now_ms Int64: labels that have expired by then are left out;
-- after_actor UInt64, after_collection String, after_rkey UInt64, after_src UInt64, after_id UInt64: the last row seen, exclusive;
-- limit UInt32.
SELECT actor, collection, rkey, src, id, labeler, uri, cid, val, cts, exp, ver
FROM labels FINAL
PREWHERE actor IN {actors:Array(UInt64)}
    AND (actor, collection, rkey, src, id) > ({after_actor:UInt64}, {after_collection:String}, {after_rkey:UInt64}, {after_src:UInt64}, {after_id:UInt64})
    AND src IN {sources:Array(UInt64)}
WHERE uri IN {uris:Array(String)}
    AND neg = 0
    AND expires_at > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC')
ORDER BY actor, collection, rkey, src, id
LIMIT {limit:UInt32}
