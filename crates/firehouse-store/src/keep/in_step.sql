-- Accounts whose repos are in step, by their numbers.
-- Params: after UInt64, exclusive; limit UInt32.
WITH in_step AS
(
    SELECT actor
    FROM repos FINAL
    WHERE actor > {after:UInt64} AND state = 'synchronized' AND rev != 0
    ORDER BY actor
    LIMIT {limit:UInt32}
)
SELECT actor, did
FROM actors FINAL
WHERE actor IN (SELECT actor FROM in_step)
ORDER BY actor
