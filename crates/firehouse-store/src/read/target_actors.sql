-- As actors.sql, for the accounts that some records refer to, or to whose records.
-- Params: keys Array(Tuple(String, UInt64, UInt64)): collection, actor, rkey.
SELECT actor, did, handle, status
FROM actors FINAL
PREWHERE actor IN
(
    SELECT target_actor
    FROM links_by_source FINAL
    PREWHERE (collection, actor, rkey) IN {keys:Array(Tuple(String, UInt64, UInt64))}
)
