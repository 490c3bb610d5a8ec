-- Reads one column, once.
ALTER TABLE links
    MATERIALIZE INDEX target_rkeys
    SETTINGS mutations_sync = 2
