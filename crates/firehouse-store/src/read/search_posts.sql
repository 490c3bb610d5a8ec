-- Posts that match a search, newest first.
-- No PREWHERE: with it, the engine reads no text index or misses columns. Of the terms, the first three conditions are answered by the
-- index alone, as long as no function is given an empty array; the others look at what is left.
-- Params: all Array(String), terms a post must have; any Array(String), of which it must have one unless there are none;
-- groups Array(Array(String)), the same for each; none Array(String), which it must not have; phrases Array(String), texts that must stand in it;
-- without Array(String), texts that must not; followed_by UInt64: posts of those whom this account follows, 0 = of all;
-- after_ms Int64, inclusive; until_ms Int64, exclusive; before_ms Int64, before_actor UInt64, before_rkey UInt64: the last row seen,
-- exclusive; limit UInt32.
SELECT actor AS who, rkey AS record, sort_at AS at
FROM post_texts FINAL
WHERE sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
    AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
    AND sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') OR (actor, rkey) < ({before_actor:UInt64}, {before_rkey:UInt64}))
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
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
