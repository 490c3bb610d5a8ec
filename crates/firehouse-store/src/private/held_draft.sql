-- One draft, if there is one of this name.
-- Params: actor UInt64; id UInt64.
SELECT actor, id, draft, created_at, version, deleted
FROM private_drafts FINAL
PREWHERE actor = {actor:UInt64} AND id = {id:UInt64}
