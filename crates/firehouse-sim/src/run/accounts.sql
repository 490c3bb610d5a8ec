-- Every account that was seen itself, as the store knows it.
SELECT did, handle, pds, key, status
FROM actors FINAL
WHERE version > 0
