-- A search that ends after the newest granules decodes the postings of these alone. Posts that answer nothing have a token of their own.
ALTER TABLE engaged_texts
    ADD INDEX IF NOT EXISTS tokens arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor)), if(has(marks, 'is:reply'), 'is:reply', 'is:post')]) TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking', posting_list_block_size = 131072) FIRST,
    ADD INDEX IF NOT EXISTS runs runs TYPE text(tokenizer = ngrams(2), posting_list_codec = 'bitpacking', posting_list_block_size = 131072)
