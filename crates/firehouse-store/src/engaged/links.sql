-- How many references there are, in all versions.
SELECT count()
FROM links
