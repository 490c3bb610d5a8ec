-- The latest accounts on the lists of some starter packs, the most followed first: what their samples are chosen from. Of reference lists,
-- those who opted out are left out, unless their creator asks.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the starter packs; viewer UInt64; 0 = nobody; limit UInt32, for each list.
WITH
    listed AS
    (
        SELECT target_actor, target_rkey
        FROM links_by_source FINAL
        PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
            AND collection = 'app.bsky.graph.starterpack'
            AND path = '.list'
            AND target_collection = 'app.bsky.graph.list'
    ),
    opted_out AS
    (
        SELECT target_actor, target_rkey, actor
        FROM links FINAL
        PREWHERE (target_actor, target_rkey) IN (SELECT target_actor, target_rkey FROM listed)
            AND target_collection = 'app.bsky.graph.list'
            AND collection = 'app.bsky.graph.referencelistoptout'
            AND path = '.subject'
    ),
    members AS
    (
        SELECT
            list_actor,
            list_rkey,
            subject,
            argMin(rkey, (rev, rkey)) AS record,
            argMin(sort_at, (rev, rkey)) AS at,
            (list_actor, list_rkey) IN
            (
                SELECT actor, rkey
                FROM lists FINAL
                PREWHERE (actor, rkey) IN (SELECT target_actor, target_rkey FROM listed)
                WHERE purpose = 'app.bsky.graph.defs#referencelist'
            ) AND (list_actor, list_rkey, subject) IN opted_out AS is_out
        FROM list_items FINAL
        PREWHERE (list_actor, list_rkey) IN (SELECT target_actor, target_rkey FROM listed)
        GROUP BY list_actor, list_rkey, subject
        HAVING NOT is_out OR list_actor = {viewer:UInt64}
        ORDER BY list_actor, list_rkey, at DESC, subject DESC
        LIMIT {limit:UInt32} BY list_actor, list_rkey
    ),
    followers AS
    (
        SELECT target_actor AS followed, uniqExact(actor) AS n
        FROM links FINAL
        PREWHERE target_actor IN (SELECT subject FROM members)
            AND target_rkey = 0
            AND target_collection = ''
            AND collection = 'app.bsky.graph.follow'
            AND path = '.subject'
        GROUP BY target_actor
    )
SELECT list_actor, list_rkey, subject, record, is_out
FROM members
LEFT JOIN followers ON followed = subject
ORDER BY list_actor, list_rkey, n DESC, at DESC, subject DESC
