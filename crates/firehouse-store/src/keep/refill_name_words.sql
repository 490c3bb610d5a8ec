-- Fills name_words with what schema/views/name_words_of_handles_mv.sql makes of the handles that accounts have now.
INSERT INTO name_words
SELECT
    arrayJoin(arrayDistinct(arrayPushFront(splitByRegexp('[.-]', replaceRegexpOne(lower(handle), '\\.bsky\\.social$', '')), lower(handle)))) AS word,
    actor
FROM actors FINAL
WHERE handle != '' AND word != ''
