-- Hashtags of late posts that more accounts use than before, the most used first. Posts are those of one span of time; what was used as
-- much in the span before it is no trend. Of an account each tag counts once, so that nobody trends alone.
-- Params: late_s UInt32, earlier_s UInt32: how long both spans are, counted back from the latest post; accounts UInt32: that many at least
-- must use a tag; limit UInt32.
WITH
    (SELECT sort_at FROM post_texts ORDER BY sort_at DESC LIMIT 1) AS latest,
    subtractSeconds(latest, {late_s:UInt32}) AS late_from
SELECT
    substringUTF8(mark, 2) AS tag,
    uniqIf(actor, is_late) AS late_accounts,
    uniqIf(actor, NOT is_late) AS earlier_accounts,
    countIf(is_late) AS posts,
    toUnixTimestamp64Milli(minIf(sort_at, is_late)) AS started_ms,
    arraySlice(arrayDistinct(groupArrayIf(64)(actor, is_late)), 1, 5) AS actors
FROM
(
    SELECT actor, sort_at, sort_at > late_from AS is_late, arrayJoin(arrayFilter(mark_of_post -> startsWith(mark_of_post, '#'), marks)) AS mark
    FROM post_texts FINAL
    PREWHERE sort_at > subtractSeconds(late_from, {earlier_s:UInt32})
    ORDER BY sort_at DESC
    LIMIT 2000000
)
GROUP BY mark
HAVING late_accounts >= {accounts:UInt32} AND late_accounts > earlier_accounts AND tag != ''
ORDER BY late_accounts * (1 + late_accounts) / (1 + earlier_accounts) DESC, tag
LIMIT {limit:UInt32}
