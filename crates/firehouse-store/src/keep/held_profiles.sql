-- How many rows profiles has.
SELECT count()
FROM profiles
