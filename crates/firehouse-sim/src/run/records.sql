-- Every record that stands: whose, where, its digest, and whether the stored bytes are those of the digest (usual ones have no bytes).
SELECT a.did, r.collection, r.rkey, lower(hex(r.cid)), r.body = '' OR hex(SHA256(r.body)) = hex(r.cid)
FROM records AS r FINAL
INNER JOIN (SELECT actor, did FROM actors FINAL) AS a ON a.actor = r.actor
WHERE r.deleted = 0
