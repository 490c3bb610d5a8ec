-- The words of the names of those whom an account follows, and how they stand. Of who follows very many the follows made last.
-- Params: viewer UInt64; limit UInt32: follows.
WITH followed AS
(
    SELECT target_actor
    FROM links_by_source FINAL
    PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    ORDER BY rkey DESC
    LIMIT {limit:UInt32}
)
SELECT actor AS who, max(found_level) AS level, groupUniqArrayIf(found_word, found_word != '') AS words
FROM
(
    SELECT actor, word AS found_word, toUInt16(0) AS found_level
    FROM account_words
    PREWHERE actor IN (SELECT target_actor FROM followed)
    UNION ALL
    SELECT actor, '', level
    FROM standings
    PREWHERE actor IN (SELECT target_actor FROM followed)
)
GROUP BY who
HAVING notEmpty(words)
