ALTER TABLE thread_items ADD COLUMN IF NOT EXISTS made_at DateTime64(3, 'UTC') DEFAULT sort_at COMMENT 'as in posts'
