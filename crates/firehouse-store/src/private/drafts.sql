-- The drafts of one account, latest change first.
-- Params: actor UInt64; before UInt64: when the last one seen was changed, in microseconds since 1970, exclusive; limit UInt32.
SELECT id, draft, created_at, version
FROM private_drafts FINAL
PREWHERE actor = {actor:UInt64}
WHERE version < {before:UInt64}
ORDER BY version DESC
LIMIT {limit:UInt32}
