-- Trends of one interval.
-- Params: at_ms Int64.
SELECT
    at, lang, id, span_s, name, query, term, terms, started_at, peak_at, peak_accounts, accounts, posts, all_posts, score, is_hot, actors, samples,
    version, deleted
FROM trends FINAL
PREWHERE at = fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
WHERE id != 0
ORDER BY lang, score DESC, id
