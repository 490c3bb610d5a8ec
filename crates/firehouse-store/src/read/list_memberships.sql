-- By which items one account is on some lists, of whatever purpose.
-- Params: subject UInt64; keys Array(Tuple(UInt64, UInt64)): actor, rkey of the lists.
SELECT list_actor, list_rkey, min(rkey) AS value
FROM list_memberships FINAL
PREWHERE subject = {subject:UInt64} AND (list_actor, list_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
GROUP BY list_actor, list_rkey
