-- What was decided last about one account, record or blob.
-- Params: actor UInt64; collection String; rkey UInt64; blob String.
SELECT actor, collection, rkey, blob, subject, cid, applied, ref, version
FROM takedowns FINAL
PREWHERE actor = {actor:UInt64}
    AND collection = {collection:String}
    AND rkey = {rkey:UInt64}
    AND blob = {blob:String}
