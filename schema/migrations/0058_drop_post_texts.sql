-- Its terms and texts become words, runs and marks, which weigh half and hold no unmerged versions back. What is in it is derived, and
-- written again in the background.
DROP TABLE IF EXISTS post_texts SETTINGS max_table_size_to_drop = 0
