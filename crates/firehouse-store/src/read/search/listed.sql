-- Who is on one of some lists.
-- Params: lists Array(Tuple(UInt64, UInt64)): owner, key; limit UInt32.
SELECT DISTINCT subject
FROM list_items FINAL
PREWHERE (list_actor, list_rkey) IN {lists:Array(Tuple(UInt64, UInt64))}
LIMIT {limit:UInt32}
