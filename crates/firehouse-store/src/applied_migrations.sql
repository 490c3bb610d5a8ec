-- Every migration applied, in order.
SELECT version, text_hash
FROM schema_migrations FINAL
ORDER BY version
