-- As posts.sql, with what tells how much each post is about what is asked: how long it is, and how often each word and each run stands
-- in it; and with how often it was answered, and its author's standing, where the table tells.
-- Params: table Identifier: post_texts or engaged_texts; answers Identifier and standing Identifier: columns of engaged_texts, or
-- unanswered and unknown; limit UInt32; words Array(String); runs Array(String).
WITH toUInt32(0) AS unanswered, toUInt16(0) AS unknown
SELECT
    actor,
    rkey,
    sort_at,
    rev,
    toUInt32(length(words) + length(runs)) AS bytes,
    arrayConcat(
        arrayMap(word -> toUInt16(countSubstrings(concat(' ', words, ' '), concat(' ', word, ' '))), {words:Array(String)}),
        arrayMap(run -> toUInt16(countSubstrings(runs, run)), {runs:Array(String)})) AS times,
    {answers:Identifier} AS answers,
    {standing:Identifier} AS standing
FROM {table:Identifier}
WHERE /* condition */
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
SETTINGS max_block_size = 4096, read_in_order_use_buffering = 0
