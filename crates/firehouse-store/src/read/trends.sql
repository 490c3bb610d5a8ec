-- Trends of the interval that was looked at last, the highest first.
-- Params: since_ms Int64: what is older is none any more; limit UInt32.
SELECT
    at, lang, id, span_s, name, query, term, terms, started_at, peak_at, peak_accounts, accounts, posts, all_posts, score, is_hot, actors, samples,
    version, deleted
FROM trends FINAL
PREWHERE at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
WHERE id != 0
    AND at = (SELECT max(at) FROM trends PREWHERE at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC') WHERE id = 0)
ORDER BY score DESC, id
LIMIT {limit:UInt32}
