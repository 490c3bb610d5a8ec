-- The rev up to which one repo is readable.
-- Params: actor UInt64.
SELECT rev
FROM repos FINAL
PREWHERE actor = {actor:UInt64}
