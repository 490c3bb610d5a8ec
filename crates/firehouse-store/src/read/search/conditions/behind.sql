sort_at <= fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC')
    AND (sort_at < fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC') OR (actor, rkey) < ({actor:UInt64}, {rkey:UInt64}))
