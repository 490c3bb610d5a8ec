-- Trends of some time and one language, those that started last first, with what each of their intervals in that time had.
-- Params: since_ms Int64, inclusive; until_ms Int64, exclusive; lang String: empty for all together; before_ms Int64, before_id UInt64: the
-- last row seen, exclusive; limit UInt32.
SELECT
    id,
    argMax(name, at) AS last_name,
    argMax(query, at) AS last_query,
    argMax(term, at) AS last_term,
    toUnixTimestamp64Milli(min(started_at)) AS started_ms,
    toUnixTimestamp64Milli(argMax(peak_at, at)) AS last_peak_ms,
    argMax(peak_accounts, at) AS last_peak_accounts,
    argMax(all_posts, at) AS last_all_posts,
    argMax(span_s, at) AS last_span_s,
    arraySort(groupArray((toUnixTimestamp64Milli(at), accounts, posts, score))) AS intervals
FROM trends FINAL
PREWHERE at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
    AND lang = {lang:String}
WHERE id != 0
GROUP BY id
HAVING (started_ms, id) < ({before_ms:Int64}, {before_id:UInt64})
ORDER BY started_ms DESC, id DESC
LIMIT {limit:UInt32}
