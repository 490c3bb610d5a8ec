-- How many drafts one account has.
-- Params: actor UInt64.
SELECT count()
FROM private_drafts FINAL
PREWHERE actor = {actor:UInt64}
