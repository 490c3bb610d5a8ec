-- One per cent less, and as fast to read; what is there already is packed again as it is merged.
ALTER TABLE post_texts
    MODIFY COLUMN words CODEC(ZSTD(12)),
    MODIFY COLUMN runs CODEC(ZSTD(12))
