-- Replies that the gate of their thread did not let in, among some posts and among the direct replies to them: by parent, how many there
-- are, and which of those asked for. What counts is what was there when the reply was made: the version of the gate, who followed whom,
-- who was on its lists, whom the first post mentioned. Tombstones tell what is gone since; where it began, the key says.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts; roots Array(Tuple(UInt64, UInt64)): the threads to judge.
WITH
    gates AS
    (
        -- Versions in the order of their revs, each from when on it holds: never before the one it replaced.
        SELECT actor, rkey, is_closed, rules, lists,
            max(toUnixTimestamp64Milli(made_at)) OVER versions * 1000 + least(row_number() OVER versions, 999) AS since
        FROM thread_gates FINAL
        PREWHERE (actor, rkey) IN {roots:Array(Tuple(UInt64, UInt64))}
        WINDOW versions AS (PARTITION BY actor, rkey ORDER BY rev)
    ),
    replies AS
    (
        SELECT root_actor, root_rkey, actor, rkey, parent_actor, parent_rkey, toUnixTimestamp64Milli(made_at) AS at, at * 1000 + 999 AS until
        FROM thread_items FINAL
        PREWHERE (root_actor, root_rkey) IN {roots:Array(Tuple(UInt64, UInt64))}
        -- The author of a thread may always reply.
        WHERE actor != root_actor
            AND
            (
                (parent_actor, parent_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
                OR (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
            )
            -- As in thread.sql: an edit may have moved it elsewhere.
            AND (root_actor, root_rkey, actor, rkey) IN
            (
                SELECT target_actor, target_rkey, actor, rkey
                FROM links FINAL
                PREWHERE (target_actor, target_rkey) IN {roots:Array(Tuple(UInt64, UInt64))}
                    AND target_collection = 'app.bsky.feed.post'
                    AND collection = 'app.bsky.feed.post'
                    AND path = '.reply.root.uri'
            )
    ),
    judged AS
    (
        SELECT reply.root_actor AS root_actor, reply.root_rkey AS root_rkey, reply.actor AS actor, reply.rkey AS rkey,
            reply.parent_actor AS parent_actor, reply.parent_rkey AS parent_rkey, reply.at AS at, gate.rules AS rules, gate.lists AS lists
        FROM replies AS reply
        ASOF INNER JOIN gates AS gate
            ON gate.actor = reply.root_actor AND gate.rkey = reply.root_rkey AND gate.since <= reply.until
        WHERE gate.is_closed
    ),
    -- One row for each rule that may let a reply in: which (1 mentioned, 2 follower, 4 followed, 8 on a list), and of what.
    wanted AS
    (
        SELECT actor, rkey, at, may.1 AS rule, may.2 AS of_actor, may.3 AS of_rkey
        FROM judged
        ARRAY JOIN arrayConcat
        (
            if(bitTest(rules, 0), [(1, root_actor, root_rkey)], []),
            if(bitTest(rules, 1), [(2, root_actor, 0)], []),
            if(bitTest(rules, 2), [(4, root_actor, 0)], []),
            arrayMap(list -> (8, list.1, list.2), lists)
        ) AS may
    ),
    -- From when to when somebody was what a rule asks for.
    spans AS
    (
        SELECT rule, of_actor, of_rkey, who,
            toUnixTimestamp64Milli(fromUnixTimestamp64Micro(toInt64(bitShiftRight(if(bitTest(by, 63), min(rev), least(by, min(rev))), 10)))) AS since,
            if(argMax(deleted, rev), toUnixTimestamp64Milli(fromUnixTimestamp64Micro(toInt64(bitShiftRight(max(rev), 10)))), 9223372036854775807) AS until
        FROM
        (
            SELECT 1 AS rule, actor AS of_actor, rkey AS of_rkey, target_actor AS who, rkey AS by, rev, deleted
            FROM links_by_source
            PREWHERE (actor, rkey) IN (SELECT of_actor, of_rkey FROM wanted WHERE rule = 1)
                AND collection = 'app.bsky.feed.post'
                AND path = '.facets[].features[].did'
            UNION ALL
            SELECT 2 AS rule, target_actor AS of_actor, 0 AS of_rkey, actor AS who, rkey AS by, rev, deleted
            FROM links
            PREWHERE (target_actor, actor) IN (SELECT of_actor, actor FROM wanted WHERE rule = 2)
                AND target_rkey = 0
                AND target_collection = ''
                AND collection = 'app.bsky.graph.follow'
                AND path = '.subject'
            UNION ALL
            SELECT 4 AS rule, actor AS of_actor, 0 AS of_rkey, target_actor AS who, rkey AS by, rev, deleted
            FROM links
            PREWHERE (target_actor, actor) IN (SELECT actor, of_actor FROM wanted WHERE rule = 4)
                AND target_rkey = 0
                AND target_collection = ''
                AND collection = 'app.bsky.graph.follow'
                AND path = '.subject'
            UNION ALL
            SELECT 8 AS rule, list_actor AS of_actor, list_rkey AS of_rkey, subject AS who, rkey AS by, rev, deleted
            FROM list_items
            PREWHERE (list_actor, list_rkey, subject) IN (SELECT of_actor, of_rkey, actor FROM wanted WHERE rule = 8)
        )
        GROUP BY rule, of_actor, of_rkey, who, by
    )
SELECT parent_actor, parent_rkey, count() AS n, groupArrayIf((actor, rkey), (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}) AS asked
FROM judged
WHERE (actor, rkey) NOT IN
(
    SELECT wanted.actor, wanted.rkey
    FROM wanted
    INNER JOIN spans
        ON spans.rule = wanted.rule AND spans.of_actor = wanted.of_actor AND spans.of_rkey = wanted.of_rkey AND spans.who = wanted.actor
    WHERE spans.since <= wanted.at AND wanted.at < spans.until
)
GROUP BY parent_actor, parent_rkey
