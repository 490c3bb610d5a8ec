-- Records per account and collection: how many, and the first eight bytes of their digests, joined by exclusive or.
SELECT actor, collection, count(), groupBitXor(reinterpretAsUInt64(substring(toString(cid), 1, 8)))
FROM records FINAL
WHERE deleted = 0
GROUP BY actor, collection
