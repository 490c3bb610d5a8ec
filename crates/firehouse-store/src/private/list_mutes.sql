-- Which of some accounts one account mutes by a list: the first eight lists that it mutes and they are on, that exist, are for
-- moderation, are not taken down, and whose creators are active. More than one, since a label may take one down.
-- Params: viewer UInt64; subjects Array(UInt64).
WITH members AS
(
    SELECT DISTINCT subject, list_actor, list_rkey
    FROM list_memberships FINAL
    PREWHERE subject IN {subjects:Array(UInt64)} AND subject != {viewer:UInt64}
        AND (list_actor, list_rkey) IN
        (
            SELECT subject, rkey
            FROM private_mutes FINAL
            PREWHERE actor = {viewer:UInt64} AND kind = 'list'
        )
)
SELECT subject, list_actor, list_rkey
FROM members
WHERE (list_actor, list_rkey) IN
(
    SELECT actor, rkey
    FROM lists FINAL
    PREWHERE (actor, rkey) IN (SELECT list_actor, list_rkey FROM members)
    WHERE purpose = 'app.bsky.graph.defs#modlist'
        AND actor IN
        (
            SELECT actor
            FROM actors FINAL
            PREWHERE actor IN (SELECT list_actor FROM members)
            WHERE status = 'active'
        )
)
AND (list_actor, list_rkey) NOT IN
(
    SELECT actor, rkey
    FROM takedowns FINAL
    PREWHERE actor IN (SELECT list_actor FROM members) AND collection = 'app.bsky.graph.list'
    WHERE applied = 1
)
AND list_actor NOT IN
(
    SELECT actor
    FROM takedowns FINAL
    PREWHERE actor IN (SELECT list_actor FROM members) AND collection = '' AND blob = ''
    WHERE applied = 1
)
ORDER BY subject, list_actor, list_rkey
LIMIT 8 BY subject
