-- Which of some accounts are taken down, and which of their records.
-- Params: actors Array(UInt64).
SELECT actor, collection, rkey
FROM takedowns FINAL
PREWHERE actor IN {actors:Array(UInt64)} AND blob = ''
WHERE applied = 1
