-- Posts of a range of accounts to which so much refers that they may have been answered often. Without FINAL: more may be there than counts.
-- Params: first UInt64, last UInt64: accounts, both inclusive; links UInt64: so many at least.
SELECT target_actor, target_rkey
FROM links
PREWHERE target_actor >= {first:UInt64}
    AND target_actor <= {last:UInt64}
    AND target_collection = 'app.bsky.feed.post'
    AND collection IN ('app.bsky.feed.like', 'app.bsky.feed.repost', 'app.bsky.feed.post')
GROUP BY target_actor, target_rkey
HAVING count() >= {links:UInt64}
SETTINGS optimize_aggregation_in_order = 1, max_threads = 2, max_bytes_before_external_group_by = 500000000
