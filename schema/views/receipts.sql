-- One row per account and collection: how many live records there are, and two sums that tell whether they are the same as elsewhere.
-- Computed from records when it is asked, so it is exact whatever was written twice, late or again. Ask for few actors at a time.
-- The same function in Rust: firehouse-types/src/receipt.rs. Read by firehouse-store/src/receipts.sql.
CREATE VIEW IF NOT EXISTS receipts AS
SELECT
    actor,
    collection,
    count() AS records,
    sumWithOverflow(xxh3(concat(reinterpretAsFixedString(rkey), cid))) AS hash_high,
    sumWithOverflow(xxh3(concat(cid, reinterpretAsFixedString(rkey)))) AS hash_low
FROM records FINAL
WHERE deleted = 0
GROUP BY actor, collection
