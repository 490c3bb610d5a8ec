-- Words, marks and the author become tokens of one index.
ALTER TABLE post_texts
    DROP INDEX IF EXISTS words,
    DROP INDEX IF EXISTS marks,
    DROP INDEX IF EXISTS authors,
    ADD INDEX IF NOT EXISTS tokens arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor))]) TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking') FIRST
