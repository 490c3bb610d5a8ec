-- The lists that exist and that one account mutes, the latest made first.
-- Params: actor UInt64; before_ms Int64, before_actor UInt64, before_rkey UInt64: the last row seen, exclusive; limit UInt32.
SELECT actor AS who, rkey AS record, created_at AS at
FROM lists FINAL
PREWHERE (actor, rkey) IN
    (
        SELECT subject, rkey
        FROM private_mutes FINAL
        PREWHERE actor = {actor:UInt64} AND kind = 'list'
    )
WHERE (created_at, actor, rkey)
    < (fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC'), {before_actor:UInt64}, {before_rkey:UInt64})
ORDER BY created_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
