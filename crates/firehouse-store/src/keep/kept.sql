-- Every account that is kept by its number, or was until lately.
SELECT actor, left_at, version
FROM kept FINAL
