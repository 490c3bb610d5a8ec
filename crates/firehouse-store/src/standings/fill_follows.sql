-- Both tables lie by account, so that one account after the other is aggregated. Who follows more than 10,000 gives weight to nobody by it:
-- the rest is left out, for the memory of one row, and so are followers behind the first 100,000, who only tell which follows are mutual.
-- Accounts that their hosts took down, or that are gone, neither give nor get.
INSERT INTO standing_follows
WITH outcasts AS (SELECT actor FROM actors FINAL WHERE status IN ('suspended', 'takendown', 'deleted'))
SELECT
    following.actor AS actor,
    arrayConcat(arrayIntersect(followed, followers) AS back, arrayFilter(target -> NOT has(back, target), followed)) AS targets,
    toUInt32(length(back)) AS mutual
FROM
(
    SELECT actor, groupUniqArray(10000)(target_actor) AS followed
    FROM links_by_source FINAL
    PREWHERE collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    WHERE target_actor != actor AND actor NOT IN (SELECT actor FROM outcasts) AND target_actor NOT IN (SELECT actor FROM outcasts)
    GROUP BY actor
) AS following
LEFT JOIN
(
    SELECT target_actor AS whom, groupUniqArray(100000)(actor) AS followers
    FROM links FINAL
    PREWHERE collection = 'app.bsky.graph.follow' AND path = '.subject' AND target_collection = ''
    GROUP BY target_actor
) AS followed_by ON following.actor = followed_by.whom
SETTINGS max_execution_time = 0, max_threads = 2, optimize_aggregation_in_order = 1, max_bytes_before_external_group_by = 500000000,
    join_algorithm = 'full_sorting_merge', max_block_size = 1024, max_bytes_before_external_sort = 200000000,
    max_bytes_ratio_before_external_sort = 0
