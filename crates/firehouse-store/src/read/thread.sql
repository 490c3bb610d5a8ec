-- The replies of one thread, latest first, with what each answers.
-- Params: root_actor UInt64; root_rkey UInt64; limit UInt32.
SELECT actor, rkey, parent_actor, parent_rkey
FROM thread_items FINAL
PREWHERE root_actor = {root_actor:UInt64} AND root_rkey = {root_rkey:UInt64}
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
