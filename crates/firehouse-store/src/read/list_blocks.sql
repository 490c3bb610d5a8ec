-- Who of some accounts blocks whom of some others by a list: the first eight lists that the one subscribes to and the other is on, that
-- exist, are for moderation, are not taken down, and whose creators are active and not taken down either. More than one, since a label may
-- take one down. One query, since an account may subscribe to any number of lists and be on any number.
-- Whatever is looked up of lists is looked up of those subscribed to, which are few, or none: then nothing else is read.
-- Params: actors Array(UInt64): who may block; subjects Array(UInt64): who may be blocked.
WITH
    subscriptions AS MATERIALIZED
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
    ),
    taken_down AS MATERIALIZED
    (
        SELECT actor, collection, rkey
        FROM takedowns FINAL
        PREWHERE actor IN (SELECT target_actor FROM subscriptions) AND collection IN ('', 'app.bsky.graph.list') AND blob = ''
        WHERE applied = 1
    )
SELECT actor, subject, list_actor, list_rkey
FROM members
INNER JOIN subscriptions ON list_actor = target_actor AND list_rkey = target_rkey
WHERE actor != subject AND (list_actor, list_rkey) IN
(
    SELECT actor, rkey
    FROM lists FINAL
    PREWHERE (actor, rkey) IN (SELECT target_actor, target_rkey FROM subscriptions)
    WHERE purpose = 'app.bsky.graph.defs#modlist'
        AND actor IN
        (
            SELECT actor
            FROM actors FINAL
            PREWHERE actor IN (SELECT target_actor FROM subscriptions)
            WHERE status = 'active'
        )
)
AND (list_actor, list_rkey) NOT IN (SELECT actor, rkey FROM taken_down WHERE collection = 'app.bsky.graph.list')
AND list_actor NOT IN (SELECT actor FROM taken_down WHERE collection = '')
ORDER BY actor, subject, list_actor, list_rkey
LIMIT 8 BY actor, subject
