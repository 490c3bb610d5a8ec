-- So that an order by answers need not count them: how many there were when the row was written, and how the author stood then.
ALTER TABLE engaged_texts
    ADD COLUMN IF NOT EXISTS answers  UInt32 COMMENT 'how much it was answered when the row was written, reposts and quotes twice' AFTER marks,
    ADD COLUMN IF NOT EXISTS standing UInt16 COMMENT 'level of its author in standings then' AFTER answers
