-- Who of some accounts is on which of some lists. Only lists that exist, are for moderation, and whose creator is active.
-- Params: subjects Array(UInt64); keys Array(Tuple(UInt64, UInt64)): actor, rkey of the lists.
SELECT DISTINCT subject, list_actor, list_rkey
FROM list_memberships FINAL
PREWHERE subject IN {subjects:Array(UInt64)} AND (list_actor, list_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
WHERE (list_actor, list_rkey) IN
(
    SELECT actor, rkey
    FROM lists FINAL
    PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    WHERE purpose = 'app.bsky.graph.defs#modlist'
        AND actor IN
        (
            SELECT actor
            FROM actors FINAL
            PREWHERE actor IN (SELECT tupleElement(arrayJoin({keys:Array(Tuple(UInt64, UInt64))}), 1))
            WHERE status = 'active'
        )
)
ORDER BY subject, list_actor, list_rkey
