-- Feed generators that somebody likes, those with most recent likes first.
-- Params: recent_ms Int64, since when a like is recent; limit UInt32.
SELECT target_actor, target_rkey, countIf(at >= fromUnixTimestamp64Milli({recent_ms:Int64}, 'UTC')) AS recent, count() AS likers
FROM
(
    SELECT target_actor, target_rkey, min(sort_at) AS at
    FROM generator_likes FINAL
    GROUP BY target_actor, target_rkey, actor
)
GROUP BY target_actor, target_rkey
ORDER BY recent DESC, likers DESC, target_actor DESC, target_rkey DESC
LIMIT {limit:UInt32}
