-- The accounts that go by some handles now. A handle that two claim belongs to the one verified last, that of a deleted account to nobody.
-- Params: handles Array(String), in lower case.
SELECT handle, argMax(did, version) AS owner
FROM actors FINAL
PREWHERE actor IN (SELECT actor FROM actors_by_handle WHERE handle IN {handles:Array(String)})
WHERE handle IN {handles:Array(String)} AND status != 'deleted'
GROUP BY handle
