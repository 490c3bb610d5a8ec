-- Tags of some accounts, with those of their profiles, and of some records. Without those that have none.
-- Params: actors Array(UInt64); records Array(Tuple(UInt64, String, UInt64)): actor, collection, rkey; this UInt64: the number of the
-- key "self".
SELECT actor, collection, rkey, tags
FROM tags FINAL
PREWHERE (actor, collection, rkey) IN {records:Array(Tuple(UInt64, String, UInt64))}
    OR
    (
        actor IN {actors:Array(UInt64)}
        AND (collection, rkey) IN (('', 0), ('app.bsky.actor.profile', {this:UInt64}))
    )
WHERE notEmpty(tags)
