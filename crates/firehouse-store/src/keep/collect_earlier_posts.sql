-- Collects the versions before the unwanted ones, whichever table still has them: none of them may come to light again.
-- Params: none.
INSERT INTO unwanted (actor, rkey, rev)
SELECT DISTINCT held.actor, held.rkey, held.rev
FROM
(
    SELECT actor, rkey, rev FROM records
    WHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM links
    WHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM links_by_source
    WHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM notifications
    WHERE collection = 'app.bsky.feed.post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM posts
    WHERE (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM thread_items
    WHERE (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM post_texts
    WHERE (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM engaged_texts
    WHERE (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM feed_items
    WHERE kind = 'post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
    UNION ALL
    SELECT actor, rkey, rev FROM author_items
    WHERE kind = 'post' AND (actor, rkey) IN (SELECT actor, rkey FROM unwanted)
) AS held
INNER JOIN (SELECT actor, rkey, max(rev) AS rev FROM unwanted GROUP BY actor, rkey) AS last
    ON last.actor = held.actor AND last.rkey = held.rkey
WHERE held.rev < last.rev
