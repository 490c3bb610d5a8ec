sort_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
