-- Repos that are not in step, by the number of their account, with the account's DID.
-- Params: after UInt64, exclusive; all UInt8, 0 leaves out those that were never fetched; limit UInt32.
WITH lost AS
(
    SELECT actor, rev, reason
    FROM repos FINAL
    WHERE actor > {after:UInt64} AND state = 'desynchronized' AND ({all:UInt8} = 1 OR reason != 'unknown_start')
    ORDER BY actor
    LIMIT {limit:UInt32}
)
SELECT lost.actor AS actor, did, rev, reason, is_active, pds
FROM lost
INNER JOIN
(
    SELECT actor, did, status IN ('mentioned', 'active') AS is_active, pds
    FROM actors FINAL
    WHERE actor IN (SELECT actor FROM lost)
) AS known ON known.actor = lost.actor
ORDER BY actor
