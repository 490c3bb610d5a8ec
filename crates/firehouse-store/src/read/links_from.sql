-- The accounts that one account refers to, latest first: follows. Each once, by the first of the records.
-- Params: actor UInt64; collection String; path String; before_ms Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
SELECT target_actor AS who, argMin(rkey, (rev, rkey)) AS record, argMin(sort_at, (rev, rkey)) AS at
FROM links_by_source FINAL
PREWHERE actor = {actor:UInt64}
    AND collection = {collection:String}
    AND path = {path:String}
    AND target_collection = ''
GROUP BY target_actor
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND target_actor < {before_actor:UInt64})
ORDER BY at DESC, target_actor DESC
LIMIT {limit:UInt32}
