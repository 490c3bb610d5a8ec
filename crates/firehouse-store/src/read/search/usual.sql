-- Words (1), pairs of characters (2) and marks (3) that stand in many of the latest posts.
-- Params: posts UInt32: so many posts are looked at; least UInt32: so many at least must have it.
SELECT tupleElement(found, 1) AS column, tupleElement(found, 2) AS token, count() AS posts
FROM
(
    SELECT arrayJoin(arrayDistinct(arrayConcat(
        arrayMap(word -> (toUInt8(1), word), splitByChar(' ', words)),
        arrayMap(pair -> (toUInt8(2), pair), ngrams(runs, 2)),
        arrayMap(mark -> (toUInt8(3), toString(mark)), marks)))) AS found
    FROM
    (
        SELECT words, runs, marks
        FROM post_texts
        WHERE deleted = 0
        ORDER BY sort_at DESC
        LIMIT {posts:UInt32}
    )
)
GROUP BY found
HAVING posts >= {least:UInt32}
