-- The best of all beginnings of one length that more words have than a search reads. Only words whose shorter beginning was such a one are
-- looked at, so lengths go upwards from 1.
-- Params: length UInt8, of the beginnings, in characters; shared UInt32: words that a beginning must have at least; kept UInt32: accounts
-- that are kept of each, and as many of those that have it as a word.
INSERT INTO best_names_next
WITH shared AS
(
    SELECT substringUTF8(word, 1, {length:UInt8}) AS shared_beginning
    FROM ranked_names_next
    WHERE lengthUTF8(word) >= {length:UInt8}
        AND ({length:UInt8} = 1 OR substringUTF8(word, 1, {length:UInt8} - 1) IN
            (SELECT beginning FROM best_names_next WHERE lengthUTF8(beginning) = {length:UInt8} - 1))
    GROUP BY shared_beginning
    HAVING count() >= {shared:UInt32}
)
SELECT substringUTF8(word, 1, {length:UInt8}) AS beginning, word = beginning AS is_word, level, actor
FROM ranked_names_next
WHERE beginning IN (SELECT shared_beginning FROM shared)
ORDER BY beginning, is_word, level DESC, actor DESC
LIMIT {kept:UInt32} BY beginning, is_word
SETTINGS max_execution_time = 0, max_threads = 2, max_bytes_before_external_group_by = 500000000,
    max_bytes_before_external_sort = 500000000, max_bytes_ratio_before_external_sort = 0
