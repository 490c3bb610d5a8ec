-- Display names behind an account, in the order of accounts, as they are now.
-- Params: after_actor UInt64: the last one read, exclusive; limit UInt32.
SELECT actor, display_name
FROM profiles FINAL
PREWHERE actor > {after_actor:UInt64}
WHERE deleted = 0 AND display_name != ''
ORDER BY actor
LIMIT {limit:UInt32}
