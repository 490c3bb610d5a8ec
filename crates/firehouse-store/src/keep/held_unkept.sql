-- How many accounts that are not kept still have a repo here.
-- Params: as of remove_accounts.sql.
SELECT count()
FROM repos
WHERE actor NOT IN
(
    SELECT actor FROM kept FINAL WHERE left_at = 0 OR left_at > {since:UInt64}
    UNION ALL
    SELECT actor
    FROM
    (
        SELECT actor, pds, extract(lower(pds), '^[a-z][a-z0-9+.-]*://([^/#\x3F]*)') AS authority, splitByChar(':', authority)[1] AS name
        FROM actors FINAL
    )
    WHERE (notEmpty({hosts:Array(String)}) OR notEmpty({suffixes:Array(String)}))
        AND
        (
            pds = ''
            OR has({hosts:Array(String)}, authority)
            OR has({hosts:Array(String)}, name)
            OR arrayExists(suffix -> endsWith(name, suffix), {suffixes:Array(String)})
        )
)
