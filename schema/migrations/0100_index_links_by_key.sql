-- Record keys rise with time, and merges join what is of one time: parts that none of the asked keys is of are left out.
ALTER TABLE links
    ADD INDEX IF NOT EXISTS target_rkeys target_rkey TYPE minmax
