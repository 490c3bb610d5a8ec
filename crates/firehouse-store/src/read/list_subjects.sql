-- Which of some accounts are on a list that one of some others subscribes to, whether it may block or not. Nearly always none: this is
-- asked first, because list_blocks.sql costs four times as much.
-- Params: actors Array(UInt64): who may block; subjects Array(UInt64): who may be blocked.
SELECT DISTINCT subject
FROM list_memberships FINAL
PREWHERE subject IN {subjects:Array(UInt64)} AND (list_actor, list_rkey) IN
(
    SELECT target_actor, target_rkey
    FROM links_by_source FINAL
    PREWHERE actor IN {actors:Array(UInt64)}
        AND collection = 'app.bsky.graph.listblock'
        AND path = '.subject'
        AND target_collection = 'app.bsky.graph.list'
)
ORDER BY subject
