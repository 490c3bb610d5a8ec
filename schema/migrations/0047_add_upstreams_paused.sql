ALTER TABLE upstreams ADD COLUMN IF NOT EXISTS paused UInt8 COMMENT '1 = followed, but not now: its cursor waits'
