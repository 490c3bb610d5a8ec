-- Reads one column, once.
ALTER TABLE records
    MATERIALIZE INDEX rkeys
    SETTINGS mutations_sync = 2
