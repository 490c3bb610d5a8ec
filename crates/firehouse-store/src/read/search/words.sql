-- Words that begin so, and how many posts have each, the commonest first; out of the dictionary of the text index.
-- Params: beginning String; limit UInt32.
SELECT token
FROM mergeTreeTextIndex(currentDatabase(), post_texts, words)
WHERE startsWith(token, {beginning:String})
GROUP BY token
ORDER BY sum(cardinality) DESC, token
LIMIT {limit:UInt32}
