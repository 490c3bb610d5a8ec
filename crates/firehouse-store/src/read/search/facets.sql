-- What the newest posts that match a search are like: how many have each span of time (0, its beginning in milliseconds), language (1),
-- domain (2; of a link to a.b.c only that, not b.c too), tag (3), author (4, as a number), kind of media (5). Kind 6 is their number.
-- A post whose older version is not merged away yet counts once.
-- Params: posts UInt32: so many are counted; interval_s UInt32: length of a span, 0
-- for calendar months; spans UInt32 and values UInt32: the most frequent so many of each.
WITH arrayFilter(mark -> startsWith(mark, 'domain:'), told) AS domains
SELECT kind, value, count() AS posts
FROM
(
    SELECT
        arrayJoin(arrayConcat(
            [(0, toString(toUnixTimestamp64Milli(toDateTime64(
                if({interval_s:UInt32} = 0, toDateTime(toStartOfMonth(sort_at), 'UTC'), toStartOfInterval(sort_at, toIntervalSecond(greatest({interval_s:UInt32}, 1)), 'UTC')),
                3, 'UTC')))), (4, toString(actor)), (6, '')],
            arrayMap(mark -> (1, substring(mark, 6)), arrayFilter(mark -> startsWith(mark, 'lang:'), told)),
            arrayMap(domain -> (2, substring(domain, 8)), arrayFilter(
                domain -> NOT arrayExists(other -> endsWith(other, concat('.', substring(domain, 8))), domains), domains)),
            arrayMap(mark -> (3, substring(mark, 2)), arrayFilter(mark -> startsWith(mark, '#'), told)),
            arrayMap(mark -> (5, substring(mark, 5)), arrayFilter(mark -> startsWith(mark, 'has:') AND mark != 'has:media', told)))) AS facet,
        toUInt8(tupleElement(facet, 1)) AS kind,
        tupleElement(facet, 2) AS value
    FROM
    (
        SELECT sort_at, actor, rkey, arrayMap(mark -> toString(mark), marks) AS told
        FROM post_texts
        WHERE /* condition */
        ORDER BY sort_at DESC, actor DESC, rkey DESC, rev DESC
        LIMIT 1 BY sort_at, actor, rkey
        LIMIT {posts:UInt32}
    )
)
GROUP BY kind, value
ORDER BY kind, if(kind = 0, toInt64OrZero(value), 0) DESC, posts DESC, value
LIMIT if({spans:UInt32} > {values:UInt32}, {spans:UInt32}, {values:UInt32}) BY kind
