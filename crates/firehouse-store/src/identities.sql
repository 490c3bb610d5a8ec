-- What the PLC directory was last seen to say of some DIDs.
-- Params: actors Array(UInt64).
SELECT actor, did, seq, state, cid, rotation_keys, handle, pds, key, document
FROM identities FINAL
WHERE actor IN {actors:Array(UInt64)}
