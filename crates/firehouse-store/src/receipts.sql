-- What the store holds of some accounts: per collection the count and hash of the live records.
-- Params: actors Array(UInt64).
SELECT actor, collection, records, hash_high, hash_low
FROM receipts
WHERE actor IN {actors:Array(UInt64)}
ORDER BY actor, collection
