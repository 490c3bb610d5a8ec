-- One round: each account shares its rank out among those it follows, among 100 at least, so that whoever follows one account alone, as
-- bought followers do, gives it no more than others do. A follow that is followed back counts a quarter: accounts that all follow one
-- another lift nobody. Whoever is followed by nobody has 0.05 to share, by five or more 0.15, and of what reaches an account 0.85 counts.
-- Both sides of the join are read in order and the groups spill, so memory does not grow with the network.
-- Params: round UInt8, from 1.
INSERT INTO standing_ranks
SELECT {round:UInt8}, target, sum(share), count()
FROM
(
    SELECT
        followed.1 AS target,
        (0.05 + 0.1 * if({round:UInt8} = 1, 1, least(followers, 5) / 5) + 0.85 * inflow) * if(followed.2 <= mutual, 0.25, 1)
            / greatest(length(targets), 100) AS share
    FROM standing_follows
    LEFT JOIN (SELECT actor, inflow, followers FROM standing_ranks WHERE round = {round:UInt8} - 1) AS before USING (actor)
    ARRAY JOIN arrayZip(targets, arrayEnumerate(targets)) AS followed
)
GROUP BY target
SETTINGS max_execution_time = 0, max_threads = 2, join_algorithm = 'full_sorting_merge', max_block_size = 8192,
    max_bytes_before_external_group_by = 500000000, max_bytes_ratio_before_external_group_by = 0,
    max_bytes_before_external_sort = 200000000, max_bytes_ratio_before_external_sort = 0
