-- Who refers to one account or record, latest first: likers, reposters, followers. Each once, by the first of their records.
-- Params: target_actor UInt64; target_rkey UInt64; target_collection String; collection String; path String;
-- before_ms Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
SELECT actor AS who, argMin(rkey, (rev, rkey)) AS record, argMin(sort_at, (rev, rkey)) AS at
FROM links FINAL
PREWHERE target_actor = {target_actor:UInt64}
    AND target_rkey = {target_rkey:UInt64}
    AND target_collection = {target_collection:String}
    AND collection = {collection:String}
    AND path = {path:String}
GROUP BY actor
HAVING at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    OR (at = fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') AND actor < {before_actor:UInt64})
ORDER BY at DESC, actor DESC
LIMIT {limit:UInt32}
