-- Forgets accounts that have left, when nothing of them is held any more.
-- Params: since UInt64, microseconds since 1970: who left later is kept still.
ALTER TABLE kept DELETE WHERE left_at != 0 AND left_at <= {since:UInt64} SETTINGS mutations_sync = 1
