-- As candidates.sql, among those that were answered often: with how often that was.
-- Params: limit UInt32; words Array(String); runs Array(String).
SELECT
    actor,
    rkey,
    sort_at,
    rev,
    toUInt32(length(words) + length(runs)) AS bytes,
    arrayConcat(
        arrayMap(word -> toUInt16(countSubstrings(concat(' ', words, ' '), concat(' ', word, ' '))), {words:Array(String)}),
        arrayMap(run -> toUInt16(countSubstrings(runs, run)), {runs:Array(String)})) AS times,
    answers,
    standing
FROM engaged_texts
WHERE /* condition */
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
SETTINGS max_block_size = 4096, read_in_order_use_buffering = 0
