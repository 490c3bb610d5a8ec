-- Feeds offered_words. Between the words of name and description stands a full stop.
CREATE MATERIALIZED VIEW IF NOT EXISTS offered_words_mv TO offered_words AS
SELECT collection, arrayJoin(arrayDistinct(splitByChar(' ', words))) AS word, actor, rkey
FROM offered_texts
WHERE deleted = 0 AND word NOT IN ('', '.')
