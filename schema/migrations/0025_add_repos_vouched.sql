-- What fell out of step before this column was there is compared as a whole when it is fetched.
ALTER TABLE repos ADD COLUMN IF NOT EXISTS vouched UInt64 DEFAULT if(state = 'synchronized', rev, 0) COMMENT 'rows up to this rev are all there, in every table; above it a crash may have left some out'
