-- Lets accounts that are not kept be no more than mentioned, where identities do not decide who is.
-- Params: since UInt64, microseconds since 1970: who left later is kept still; version UInt64, microseconds since 1970.
INSERT INTO actors (actor, did, handle, pds, key, status, first_seen, version)
SELECT actor, did, '', '', '', 'mentioned', first_seen, {version:UInt64}
FROM actors FINAL
WHERE status != 'mentioned'
    AND actor NOT IN (SELECT actor FROM kept FINAL WHERE left_at = 0 OR left_at > {since:UInt64})
