-- As posts.sql, with what tells how much each post is about what is asked: how long it is, and how often each word and each run stands
-- in it.
-- Params: table Identifier: post_texts, or engaged_texts for those alone that were answered often; limit UInt32; words Array(String); runs Array(String).
SELECT
    actor,
    rkey,
    sort_at,
    rev,
    toUInt32(length(words) + length(runs)) AS bytes,
    arrayConcat(
        arrayMap(word -> toUInt16(countSubstrings(concat(' ', words, ' '), concat(' ', word, ' '))), {words:Array(String)}),
        arrayMap(run -> toUInt16(countSubstrings(runs, run)), {runs:Array(String)})) AS times
FROM {table:Identifier}
WHERE /* condition */
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
