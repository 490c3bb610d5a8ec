-- Posts that match a search, in the order in which they came: those that were told, and missed, while nobody listened. A post is missing
-- whose version is no longer the one that came.
-- Params: after UInt64: the last number seen, exclusive; through UInt64, inclusive; limit UInt32.
SELECT number, actor, rkey, sort_at, rev
FROM post_arrivals
WHERE number > {after:UInt64}
    AND number <= {through:UInt64}
    AND deleted = 0
    AND (sort_at, actor, rkey, rev) IN
    (
        SELECT sort_at, actor, rkey, rev
        FROM post_texts
        WHERE sort_at >=
            (
                SELECT min(sort_at)
                FROM post_arrivals
                WHERE number > {after:UInt64} AND number <= {through:UInt64}
            )
            AND /* condition */
    )
ORDER BY number
LIMIT {limit:UInt32}
