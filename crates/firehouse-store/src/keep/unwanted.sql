-- How many posts are being removed.
SELECT count()
FROM unwanted
