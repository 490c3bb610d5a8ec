-- Repos that do not add up, and why.
SELECT actor, reason
FROM repos FINAL
WHERE state = 'desynchronized'
