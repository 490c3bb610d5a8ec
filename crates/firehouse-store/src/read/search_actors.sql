-- Accounts whose handle or display name has words that begin so, the best first. What stands in name_words may be out of date: the reader
-- of the names themselves decides.
-- Params: first String, second String, third String: beginnings of words, empty for none but the first; whole String: the query as one
-- word; viewer UInt64, 0 = nobody: whom this account follows come first; before_rank Int64, before_actor UInt64: the last row seen,
-- exclusive; candidates UInt32: that many are looked at; limit UInt32. Ranks fit where a page cursor has milliseconds.
WITH candidates AS
(
    SELECT
        actor,
        max(word = {whole:String}) AS is_whole,
        max(word = {first:String}) AS is_word,
        actor IN
        (
            SELECT target_actor
            FROM links_by_source FINAL
            PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
        ) AS is_followed
    FROM name_words
    PREWHERE startsWith(word, {first:String})
        AND ({second:String} = '' OR actor IN (SELECT actor FROM name_words PREWHERE startsWith(word, {second:String})))
        AND ({third:String} = '' OR actor IN (SELECT actor FROM name_words PREWHERE startsWith(word, {third:String})))
    GROUP BY actor
    ORDER BY is_followed DESC, is_whole DESC, is_word DESC, actor DESC
    LIMIT {candidates:UInt32}
)
SELECT
    actor AS who,
    toInt64(is_followed * 120000000000000 + is_whole * 60000000000000 + is_word * 30000000000000 + followers) AS rank
FROM candidates
LEFT JOIN
(
    SELECT target_actor AS followed, uniqExact(actor) AS followers
    FROM links FINAL
    PREWHERE target_actor IN (SELECT actor FROM candidates) AND target_rkey = 0 AND target_collection = ''
        AND collection = 'app.bsky.graph.follow' AND path = '.subject'
    GROUP BY target_actor
) AS counts ON actor = followed
WHERE (rank, actor) < ({before_rank:Int64}, {before_actor:UInt64})
ORDER BY rank DESC, actor DESC
LIMIT {limit:UInt32}
