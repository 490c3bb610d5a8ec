-- Whether a blob of an account is taken down, or the account: a row when it is.
-- Params: actor UInt64; blob String: its CID.
SELECT applied
FROM takedowns FINAL
PREWHERE actor = {actor:UInt64} AND collection = '' AND rkey = 0 AND blob IN ('', {blob:String})
WHERE applied = 1
LIMIT 1
