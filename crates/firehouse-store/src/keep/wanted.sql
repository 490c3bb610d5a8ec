-- Accounts that are kept and of which nothing is held yet, by their numbers.
-- Params: after UInt64, exclusive; since UInt64, microseconds since 1970: who left later is kept still; hosts Array(String): authorities
-- and names of PDSes; suffixes Array(String): ends of names, with their dot; limit UInt32.
WITH extract(lower(pds), '^[a-z][a-z0-9+.-]*://([^/#\x3F]*)') AS authority, splitByChar(':', authority)[1] AS name
SELECT actor, did
FROM actors FINAL
WHERE actor > {after:UInt64}
    AND status IN ('mentioned', 'active')
    AND actor NOT IN (SELECT actor FROM repos)
    AND
    (
        actor IN (SELECT actor FROM kept FINAL WHERE left_at = 0 OR left_at > {since:UInt64})
        OR has({hosts:Array(String)}, authority)
        OR has({hosts:Array(String)}, name)
        OR arrayExists(suffix -> endsWith(name, suffix), {suffixes:Array(String)})
    )
ORDER BY actor
LIMIT {limit:UInt32}
