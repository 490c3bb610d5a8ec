-- How many accounts are on some lists.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the lists.
SELECT list_actor, list_rkey, uniqExact(subject) AS value
FROM list_items FINAL
PREWHERE (list_actor, list_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
GROUP BY list_actor, list_rkey
