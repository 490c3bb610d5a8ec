-- Records of one of the collections that accounts offer to others, behind a key, in the order of keys, as they are now.
-- Params: collection String; after_actor UInt64, after_rkey UInt64: the last one read, exclusive; limit UInt32.
SELECT actor, rkey, rev, sort_at, body
FROM records FINAL
PREWHERE collection = {collection:String}
    AND actor >= {after_actor:UInt64}
    AND (actor, rkey) > ({after_actor:UInt64}, {after_rkey:UInt64})
WHERE deleted = 0 AND valid = 1
ORDER BY collection, actor, rkey
LIMIT {limit:UInt32}
