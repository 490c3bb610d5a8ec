-- When the standings were worked out that are there; no row when there are none.
SELECT computed_at
FROM standings
LIMIT 1
