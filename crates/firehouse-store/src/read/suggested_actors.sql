-- Whom an account might want to follow: those whom the ones it follows follow, those who are on lists with them (not on those that are for blocking), and those whom many
-- follow in a part of everybody's follows. Weighed in this order, the best first; how many of each is bounded, so the answer is an
-- estimate.
-- Params: seeds Array(UInt64): accounts to begin from, when not the ones that the viewer follows; viewer UInt64, 0 = nobody;
-- before_rank Int64, before_actor UInt64: the last row seen, exclusive; limit UInt32.
WITH
    followed AS
    (
        SELECT DISTINCT target_actor
        FROM links_by_source FINAL
        PREWHERE actor = {viewer:UInt64} AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    ),
    begun AS
    (
        SELECT target_actor AS seed FROM followed WHERE empty({seeds:Array(UInt64)}) LIMIT 300
        UNION ALL
        SELECT arrayJoin({seeds:Array(UInt64)})
    ),
    near AS
    (
        SELECT target_actor AS near_actor, 1000 AS weight
        FROM links_by_source FINAL
        PREWHERE actor IN (SELECT seed FROM begun) AND collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
        LIMIT 500 BY actor
        UNION ALL
        SELECT subject, 300
        FROM list_items FINAL
        PREWHERE (list_actor, list_rkey) IN
        (
            SELECT actor, rkey
            FROM lists FINAL
            PREWHERE (actor, rkey) IN
            (
                SELECT list_actor, list_rkey
                FROM list_memberships FINAL
                PREWHERE subject IN (SELECT seed FROM begun)
                LIMIT 200
            )
            WHERE purpose != 'app.bsky.graph.defs#modlist'
        )
        LIMIT 150 BY list_actor, list_rkey
        UNION ALL
        -- The table lies by hashes of accounts: its first follows are as good a part as any.
        SELECT target_actor, 1
        FROM
        (
            SELECT target_actor
            FROM links_by_source
            PREWHERE collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
            WHERE deleted = 0
            LIMIT 200000
        )
    )
SELECT near_actor AS who, toInt64(sum(weight)) AS rank
FROM near
WHERE near_actor != {viewer:UInt64}
    AND near_actor NOT IN {seeds:Array(UInt64)}
    AND near_actor NOT IN (SELECT target_actor FROM followed)
GROUP BY near_actor
HAVING (rank, near_actor) < ({before_rank:Int64}, {before_actor:UInt64})
ORDER BY rank DESC, near_actor DESC
LIMIT {limit:UInt32}
