-- How many posts match a search, counted up to a limit. The conditions are those of search_posts.sql.
-- No PREWHERE: with it, the engine reads no text index or misses columns. Of the terms, the first three conditions are answered by the
-- index alone, as long as no function is given an empty array; the others look at what is left.
-- Params: all Array(String), terms a post must have; any Array(String), of which it must have one unless there are none;
-- groups Array(Array(String)), the same for each; none Array(String), which it must not have; phrases Array(String), texts that must stand in it;
-- without Array(String), texts that must not; followed_by UInt64: posts of those whom this account follows, 0 = of all;
-- after_ms Int64, inclusive; until_ms Int64, exclusive; limit UInt32.
SELECT count()
FROM
(
    SELECT 1
    FROM post_texts FINAL
    WHERE sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
        AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
        AND ({followed_by:UInt64} = 0 OR actor IN
        (
            SELECT target_actor
            FROM links_by_source FINAL
            PREWHERE actor = {followed_by:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
        ))
        AND (empty({all:Array(String)}) OR hasAll(terms, {all:Array(String)}))
        AND (empty({any:Array(String)}) OR hasAny(terms, {any:Array(String)}))
        AND (empty({none:Array(String)}) OR NOT hasAny(terms, {none:Array(String)}))
        AND (empty({groups:Array(Array(String))})
            OR arrayAll(terms_of_group -> hasAny(terms, terms_of_group), {groups:Array(Array(String))}))
        AND (empty({phrases:Array(String)}) OR arrayAll(phrase -> position(text, phrase) > 0, {phrases:Array(String)}))
        AND (empty({without:Array(String)}) OR NOT arrayExists(phrase -> position(text, phrase) > 0, {without:Array(String)}))
    LIMIT {limit:UInt32}
)
