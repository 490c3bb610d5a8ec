-- The selection in force. No row when nothing was ever selected.
SELECT number, rules, said, refetch, walk, phase, marked, version
FROM selections FINAL
ORDER BY number DESC
LIMIT 1
