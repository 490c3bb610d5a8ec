sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
