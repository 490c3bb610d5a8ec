-- The words that were there before the view.
INSERT INTO account_words
SELECT actor, word
FROM name_words
