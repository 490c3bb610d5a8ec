-- Some seconds for each million of posts, once.
ALTER TABLE engaged_texts
    MATERIALIZE INDEX tokens,
    MATERIALIZE INDEX runs
    SETTINGS mutations_sync = 2
