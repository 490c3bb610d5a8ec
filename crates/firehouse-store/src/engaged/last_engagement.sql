-- The first and the last number of the posts that were answered; zeros where none was.
SELECT min(number), max(number)
FROM engagements
