-- The words of display names are made by firehouse-indexer, which folds them as queries are folded; those of the profiles that are here
-- are written again in the background.
DROP VIEW IF EXISTS name_words_of_profiles_mv
