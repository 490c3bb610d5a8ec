-- Deletions before some time, of accounts that still have rows here: in repos, which is purged last, or in one of the tables of what
-- accounts tell only us, which need not be of accounts whose repos are kept.
-- Params: before UInt64, microseconds since 1970; limit UInt32.
SELECT actor, version
FROM actors FINAL
WHERE status = 'deleted' AND version < {before:UInt64} AND actor IN
(
    SELECT actor FROM repos
    UNION DISTINCT
    SELECT actor FROM private_mutes
    UNION DISTINCT
    SELECT actor FROM private_bookmarks
    UNION DISTINCT
    SELECT actor FROM private_drafts
    UNION DISTINCT
    SELECT actor FROM private_settings
    UNION DISTINCT
    SELECT actor FROM private_activity_subscriptions
)
LIMIT {limit:UInt32}
