-- The first and the last number of the posts that came; zeros where none did.
SELECT min(number), max(number)
FROM post_arrivals
