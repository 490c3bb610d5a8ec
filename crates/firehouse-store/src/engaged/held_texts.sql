-- Rows of engaged_texts at some places.
-- Params: places Array(Tuple(Int64, UInt64, UInt64)): sort_at in milliseconds, actor, rkey.
SELECT sort_at, actor, rkey, rev
FROM engaged_texts
WHERE deleted = 0
    AND (sort_at, actor, rkey) IN
    (
        SELECT fromUnixTimestamp64Milli(place.1, 'UTC'), place.2, place.3
        FROM (SELECT arrayJoin({places:Array(Tuple(Int64, UInt64, UInt64))}) AS place)
    )
