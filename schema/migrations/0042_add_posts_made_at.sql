-- Of what was written before this column was there, the author's word counts.
ALTER TABLE posts ADD COLUMN IF NOT EXISTS made_at DateTime64(3, 'UTC') DEFAULT sort_at COMMENT 'when it was made, as gates ask: the time of rev; where rev is only that of a fetched repo, what its key says'
