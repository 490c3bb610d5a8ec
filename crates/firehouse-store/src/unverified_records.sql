-- What stands in some repos without any proof, deletions included.
-- Params: actors Array(UInt64).
SELECT actor, collection, rkey, rkey_text, rev, deleted, cid, proof
FROM records FINAL
WHERE actor IN {actors:Array(UInt64)} AND proof = 'unverified'
