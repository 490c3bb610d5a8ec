-- Accounts with a word in their names that begins so, the best first: whose word it is, then by standing. Of what begins so many are, the
-- best of each beginning are kept (best_names), so no more than that and the first of the words are read. What stands in these tables may be
-- out of date: the reader of the names themselves decides.
-- Params: beginning String; except Array(UInt64): accounts that are left out; before_rank Int64, before_actor UInt64: the last row seen,
-- exclusive; names UInt32: words that are read in their order; limit UInt32. Ranks fit where a page cursor has milliseconds.
SELECT actor AS who, toInt64(max(is_word) * 1000000 + max(level)) AS rank
FROM
(
    SELECT actor, is_word, level
    FROM best_names
    PREWHERE beginning = {beginning:String}
    UNION ALL
    SELECT actor, word = {beginning:String}, level
    FROM (SELECT word, actor, level FROM ranked_names PREWHERE startsWith(word, {beginning:String}) ORDER BY word, actor LIMIT {names:UInt32} SETTINGS max_block_size = 1024)
    UNION ALL
    -- Those with no standing, and those that came since standings were worked out.
    SELECT actor, word = {beginning:String}, 0
    FROM (SELECT word, actor FROM name_words PREWHERE startsWith(word, {beginning:String}) ORDER BY word, actor LIMIT {names:UInt32} SETTINGS max_block_size = 1024)
)
WHERE NOT has({except:Array(UInt64)}, actor)
GROUP BY actor
HAVING (rank, who) < ({before_rank:Int64}, {before_actor:UInt64})
ORDER BY rank DESC, who DESC
LIMIT {limit:UInt32}
