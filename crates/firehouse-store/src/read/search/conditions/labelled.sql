(actor, rkey) IN
(
    SELECT actor, rkey
    FROM labels FINAL
    PREWHERE collection = 'app.bsky.feed.post' AND src IN {sources:Array(UInt64)}
    WHERE val = {val:String} AND neg = 0 AND expires_at > now64(3, 'UTC')
)
