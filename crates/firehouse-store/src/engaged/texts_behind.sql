-- Rows of engaged_texts behind a place, in their order.
-- Params: after_ms Int64, after_actor UInt64, after_rkey UInt64: the last one read, exclusive; limit UInt32.
SELECT sort_at, actor, rkey, rev
FROM engaged_texts FINAL
WHERE sort_at >= fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC')
    AND (sort_at, actor, rkey) > (fromUnixTimestamp64Milli({after_ms:Int64}, 'UTC'), {after_actor:UInt64}, {after_rkey:UInt64})
ORDER BY sort_at, actor, rkey
LIMIT {limit:UInt32}
