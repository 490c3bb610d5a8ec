-- Starter packs, first those of whom an account follows, each latest first; none of its own.
-- Params: viewer UInt64, 0 = nobody; limit UInt32.
SELECT actor AS who, rkey AS record, sort_at AS at
FROM records FINAL
PREWHERE collection = 'app.bsky.graph.starterpack' AND actor != {viewer:UInt64}
WHERE valid = 1
ORDER BY
    actor IN
    (
        SELECT target_actor
        FROM links_by_source FINAL
        PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    ) DESC,
    sort_at DESC,
    actor DESC,
    rkey DESC
LIMIT {limit:UInt32}
