-- Record keys rise with time, and merges join what is of one time: parts that none of the asked keys is of are left out.
ALTER TABLE records
    ADD INDEX IF NOT EXISTS rkeys rkey TYPE minmax
