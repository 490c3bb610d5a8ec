-- One list that people keep by hand, in its order, with what was taken off it.
-- Params: list String: its name; limit UInt32.
SELECT list, tag, subject, position, listed, version
FROM editorial FINAL
PREWHERE list = {list:String}
ORDER BY position, tag, subject
LIMIT {limit:UInt32}
