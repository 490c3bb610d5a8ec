-- On which of some lists, of whatever purpose, one account is.
-- Params: subject UInt64; keys Array(Tuple(UInt64, UInt64)): actor, rkey of the lists.
SELECT DISTINCT subject, list_actor, list_rkey
FROM list_memberships FINAL
PREWHERE subject = {subject:UInt64} AND (list_actor, list_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
ORDER BY list_actor, list_rkey
