-- Whom of some accounts a list has that others of them may block by, as far as two look-ups tell: whether the list may block at all is for
-- list_blocks.sql, which nearly never has to be asked.
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
