-- How many repos are not in step, by reason.
SELECT toString(reason) AS reason, count() AS repos
FROM repos FINAL
WHERE state = 'desynchronized'
GROUP BY reason
ORDER BY reason
LIMIT 1000
