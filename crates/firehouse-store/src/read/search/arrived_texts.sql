-- What some posts are found by, at every version that is held.
-- Params: keys Array(Tuple(Int64, UInt64, UInt64)): sort_at in milliseconds, actor, rkey.
SELECT sort_at, actor, rkey, rev, deleted, words, runs, marks
FROM post_texts
WHERE deleted = 0
    AND (sort_at, actor, rkey) IN
    (
        SELECT fromUnixTimestamp64Milli(key.1, 'UTC'), key.2, key.3
        FROM (SELECT arrayJoin({keys:Array(Tuple(Int64, UInt64, UInt64))}) AS key)
    )
