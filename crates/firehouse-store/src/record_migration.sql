-- Records one migration as applied.
-- Params: version UInt32; name String; text_hash UInt64.
INSERT INTO schema_migrations (version, name, text_hash)
SELECT {version:UInt32}, {name:String}, {text_hash:UInt64}
