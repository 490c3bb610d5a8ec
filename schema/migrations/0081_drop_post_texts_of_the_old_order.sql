-- The newest come first in it, since that is how it is read. What is in it is derived, and written again in the background.
DROP TABLE IF EXISTS post_texts SETTINGS max_table_size_to_drop = 0
