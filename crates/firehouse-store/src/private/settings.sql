-- All settings of one account.
-- Params: actor UInt64.
SELECT name, value
FROM private_settings FINAL
PREWHERE actor = {actor:UInt64}
