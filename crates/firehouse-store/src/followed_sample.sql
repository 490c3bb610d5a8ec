-- Some active accounts whose repos are followed here, drawn by chance.
-- Params: limit UInt32.
SELECT did
FROM actors FINAL
WHERE status = 'active' AND actor IN (SELECT actor FROM repos)
ORDER BY rand()
LIMIT {limit:UInt32}
