-- Words, marks and authors (1) and pairs of characters (2) that very many posts have, out of the dictionaries of the text indexes.
-- Params: least UInt64: so many posts at least must have it. In one part of the table fewer may, a part has others. tiers Array(String):
-- marks of engaged_texts, which are told however few have them.
SELECT column, token, sum(cardinality) AS posts
FROM
(
    SELECT toUInt8(1) AS column, token, cardinality
    FROM mergeTreeTextIndex(currentDatabase(), post_texts, tokens)
    WHERE cardinality >= {least:UInt64} / 8
    UNION ALL
    SELECT toUInt8(2) AS column, token, cardinality
    FROM mergeTreeTextIndex(currentDatabase(), post_texts, runs)
    WHERE cardinality >= {least:UInt64} / 8
    UNION ALL
    SELECT toUInt8(1) AS column, token, cardinality
    FROM mergeTreeTextIndex(currentDatabase(), engaged_texts, tokens)
    WHERE token IN {tiers:Array(String)}
)
GROUP BY column, token
HAVING posts >= {least:UInt64} OR token IN {tiers:Array(String)}
