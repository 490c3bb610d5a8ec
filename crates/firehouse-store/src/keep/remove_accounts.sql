-- Removes what accounts wrote that are not kept from one table, for good: the parts that hold it are written anew.
-- Params: table Identifier; actor Identifier, its column; since UInt64, microseconds since 1970: who left later is kept still;
-- hosts Array(String), suffixes Array(String): PDSes whose accounts are kept, as in wanted.sql.
ALTER TABLE {table:Identifier}
DELETE WHERE {actor:Identifier} NOT IN
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
            -- Nobody knows yet where it lives.
            pds = ''
            OR has({hosts:Array(String)}, authority)
            OR has({hosts:Array(String)}, name)
            OR arrayExists(suffix -> endsWith(name, suffix), {suffixes:Array(String)})
        )
)
SETTINGS mutations_sync = 1
