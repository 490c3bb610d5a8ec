-- Every seen state of the accounts that ever went by some handles. Without FINAL and GROUP BY, which would take the engine as long as to
-- read them: there are few, and who asks picks the newest.
-- Params: handles Array(String), in lower case.
SELECT actor, handle, did, status, version
FROM actors
PREWHERE actor IN (SELECT actor FROM actors_by_handle WHERE handle IN {handles:Array(String)})
