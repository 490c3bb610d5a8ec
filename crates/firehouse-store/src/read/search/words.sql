-- Words that begin so, and how many posts have each, the commonest first; out of the dictionary of the text index. Marks and authors, which
-- it has besides, have a colon behind letters or begin with a sign.
-- Params: beginning String; limit UInt32.
SELECT token
FROM mergeTreeTextIndex(currentDatabase(), post_texts, tokens)
WHERE startsWith(token, {beginning:String}) AND NOT match(token, '^([a-z]+:|[#$@])')
GROUP BY token
ORDER BY sum(cardinality) DESC, token
LIMIT {limit:UInt32}
