-- Who of some accounts blocks whom of some others by a list: the first list that the one subscribes to and the other is on, that exists,
-- is for moderation, is not taken down, and whose creator is active and not taken down either. One query, since an account may subscribe to any number of lists and be on any number.
-- Params: actors Array(UInt64): who may block; subjects Array(UInt64): who may be blocked.
WITH
    subscriptions AS
    (
        SELECT DISTINCT actor, target_actor, target_rkey
        FROM links_by_source FINAL
        PREWHERE actor IN {actors:Array(UInt64)}
            AND collection = 'app.bsky.graph.listblock'
            AND path = '.subject'
            AND target_collection = 'app.bsky.graph.list'
    ),
    members AS
    (
        SELECT DISTINCT subject, list_actor, list_rkey
        FROM list_memberships FINAL
        PREWHERE subject IN {subjects:Array(UInt64)}
            AND (list_actor, list_rkey) IN (SELECT target_actor, target_rkey FROM subscriptions)
    )
SELECT actor, subject, list_actor, list_rkey
FROM members
INNER JOIN subscriptions ON list_actor = target_actor AND list_rkey = target_rkey
WHERE actor != subject AND (list_actor, list_rkey) IN
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
ORDER BY actor, subject, list_actor, list_rkey
LIMIT 1 BY actor, subject
