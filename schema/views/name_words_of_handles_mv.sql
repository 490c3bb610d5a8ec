-- Keeps name_words with every row of actors that has a handle: the whole handle and its words, without the ends that millions share.
CREATE MATERIALIZED VIEW IF NOT EXISTS name_words_of_handles_mv TO name_words AS
SELECT
    arrayJoin(arrayDistinct(arrayPushFront(splitByRegexp('[.-]', replaceRegexpOne(lower(handle), '\\.bsky\\.social$', '')), lower(handle)))) AS word,
    actor
FROM actors
WHERE handle != '' AND word != ''
