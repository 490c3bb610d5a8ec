-- Accounts that have one of these handles, as they stand.
-- Params: handles Array(String), lower case.
SELECT did, handle
FROM actors FINAL
WHERE actor IN (SELECT actor FROM actors_by_handle WHERE handle IN {handles:Array(String)}) AND handle IN {handles:Array(String)}
