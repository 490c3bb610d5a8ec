(actor, rkey) IN
(
    SELECT actor, rkey
    FROM links FINAL
    PREWHERE (target_actor, target_rkey, target_collection) IN {records:Array(Tuple(UInt64, UInt64, String))}
        AND collection = 'app.bsky.feed.post'
        AND path IN ('.embed.record.uri', '.embed.record.record.uri')
)
