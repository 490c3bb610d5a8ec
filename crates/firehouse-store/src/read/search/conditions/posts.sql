(actor, rkey) IN {posts:Array(Tuple(UInt64, UInt64))}
