-- Posts of one interval that count for trends, with the PDS of their authors: the source of count_terms.sql and said.sql.
-- Answers do not count, but for those to oneself: they repeat what they answer, and whoever floods floods answers. Of posts alike, by
-- whomever, the first few do: alike are those whose texts (without what stands in cards and pictures) have the same least hash among those
-- of their stretches of four words, or eight characters of runs; by three kinds of hash, since a word put in at random hides a copy from
-- one of them now and then. Short texts are alike by themselves.
-- Authors count who are active, whom somebody has followed for a while (unfollowing is seen late: no FINAL), who are not taken down nor
-- labelled as configured, by themselves or by a labeler, nor tagged so that searches leave them out, and who have not asked algorithms
-- to leave them out.
-- Params: from_ms Int64, until_ms Int64; labelers Array(UInt64); labels Array(String); tags Array(String); followers UInt32: that many,
-- 0: nobody is asked; followed_ms Int64: that many milliseconds; copies UInt32.
SELECT actor, rkey, words, runs, marks, host
FROM
(
    SELECT actor, rkey, words, runs, marks, host, sort_at, stretches
    FROM
    (
        SELECT actor, rkey, words, runs, marks, host, sort_at, stretches
        FROM
        (
            SELECT actor, rkey, sort_at, words, runs, marks, host, stretches
            FROM
            (
                SELECT
                    actor, rkey, sort_at, words, runs, marks,
                    splitByChar(' ', splitByString(' . ', words)[1]) AS own,
                    multiIf(
                        length(own) >= 5, arrayMap(i -> cityHash64(own[i], own[i + 1], own[i + 2], own[i + 3]), range(1, length(own) - 2)),
                        lengthUTF8(runs) >= 12, arrayMap(stretch -> cityHash64(stretch), ngrams(runs, 8)),
                        [cityHash64(actor, rkey, 'alone')]) AS stretches
                FROM post_texts FINAL
                PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
                WHERE NOT has(marks, 'is:reply') OR has(marks, 'is:thread')
            ) AS written
            INNER JOIN
            (
                WITH authors AS
                (
                    SELECT DISTINCT actor FROM post_texts
                    PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
                )
                SELECT actor, pds AS host
                FROM actors FINAL
                PREWHERE actor IN (SELECT actor FROM authors)
                WHERE status = 'active'
                    AND actor NOT IN
                    (
                        SELECT actor FROM takedowns FINAL
                        PREWHERE actor IN (SELECT actor FROM authors) AND collection = '' AND blob = ''
                        WHERE applied = 1
                        UNION ALL
                        SELECT actor FROM labels FINAL
                        PREWHERE actor IN (SELECT actor FROM authors) AND collection IN ('', 'app.bsky.actor.profile') AND src IN {labelers:Array(UInt64)}
                        WHERE val IN {labels:Array(String)} AND neg = 0 AND expires_at > fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
                        UNION ALL
                        SELECT actor FROM tags FINAL
                        PREWHERE actor IN (SELECT actor FROM authors) AND collection IN ('', 'app.bsky.actor.profile')
                        WHERE hasAny(tags, {tags:Array(String)})
                        UNION ALL
                        SELECT actor FROM profiles FINAL
                        PREWHERE actor IN (SELECT actor FROM authors)
                        WHERE hasAny(labels, {labels:Array(String)})
                        UNION ALL
                        -- The field and true, as DAG-CBOR writes them.
                        SELECT actor FROM records FINAL
                        PREWHERE collection = 'app.bsky.actor.contentVisibilityDeclaration' AND actor IN (SELECT actor FROM authors)
                        WHERE valid = 1 AND deleted = 0 AND position(body, concat('hideFromAlgorithmicRecommendations', unhex('f5'))) > 0
                    )
                    AND ({followers:UInt32} = 0 OR actor IN
                    (
                        SELECT target_actor FROM links
                        PREWHERE target_actor IN (SELECT actor FROM authors) AND target_rkey = 0 AND target_collection = ''
                            AND collection = 'app.bsky.graph.follow' AND path = '.subject'
                        WHERE deleted = 0 AND sort_at <= fromUnixTimestamp64Milli({from_ms:Int64} - {followed_ms:Int64}, 'UTC')
                        GROUP BY target_actor
                        HAVING uniq(actor) >= {followers:UInt32}
                    ))
            ) AS accounts USING actor
            WHERE (actor, rkey) NOT IN
            (
                WITH authors AS
                (
                    SELECT DISTINCT actor FROM post_texts
                    PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
                )
                SELECT actor, rkey FROM takedowns FINAL
                PREWHERE actor IN (SELECT actor FROM authors) AND collection = 'app.bsky.feed.post' AND blob = ''
                WHERE applied = 1
                UNION ALL
                SELECT actor, rkey FROM labels FINAL
                PREWHERE actor IN (SELECT actor FROM authors) AND collection = 'app.bsky.feed.post' AND src IN {labelers:Array(UInt64)}
                WHERE val IN {labels:Array(String)} AND neg = 0 AND expires_at > fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC')
                UNION ALL
                SELECT actor, rkey FROM tags FINAL
                PREWHERE actor IN (SELECT actor FROM authors) AND collection = 'app.bsky.feed.post'
                WHERE hasAny(tags, {tags:Array(String)})
            )
        )
        ORDER BY sort_at, actor, rkey
        LIMIT {copies:UInt32} BY arrayMin(stretches)
    )
    ORDER BY sort_at, actor, rkey
    LIMIT {copies:UInt32} BY arrayMin(stretch -> intHash64(stretch), stretches)
)
ORDER BY sort_at, actor, rkey
LIMIT {copies:UInt32} BY arrayMin(stretch -> intHash64(bitNot(stretch)), stretches)
