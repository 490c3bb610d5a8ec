-- Reads one column, once.
ALTER TABLE posts
    MATERIALIZE INDEX rkeys
    SETTINGS mutations_sync = 2
