actor IN
(
    SELECT subject
    FROM list_items FINAL
    PREWHERE (list_actor, list_rkey) IN {lists:Array(Tuple(UInt64, UInt64))}
)
