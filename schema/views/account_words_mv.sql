-- Feeds account_words.
CREATE MATERIALIZED VIEW IF NOT EXISTS account_words_mv TO account_words AS
SELECT actor, word
FROM name_words
