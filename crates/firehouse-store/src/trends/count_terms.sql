-- Counts the terms of one interval: accounts that said each, by language of their posts and in all together. Behind it comes what posts
-- count, and what their terms are.
-- Params: those of counted_posts.sql; span_s UInt32; host_accounts UInt32: accounts of one PDS that count at most; accounts UInt32: terms
-- of fewer are left out.
INSERT INTO term_counts
WITH /* hosts */ AS hosts
SELECT
    {span_s:UInt32} AS span_s,
    fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AS at,
    lang,
    term,
    sum(if(term = '' OR ifNull(hosts, 0) < 2 OR {host_accounts:UInt32} = 0, said_by, least(said_by, {host_accounts:UInt32}))) AS accounts,
    sum(said_in) AS posts
FROM
(
    SELECT lang, term, host, uniqExact(actor) AS said_by, count() AS said_in
    FROM
    (
        SELECT actor, host, term, arrayJoin(langs) AS lang
        FROM
        (
            SELECT
                actor,
                host,
                arrayPushFront(arrayMap(mark -> substring(mark, 6), arrayFilter(mark -> startsWith(mark, 'lang:'), marks)), '') AS langs,
                arrayJoin(arrayPushFront(/* terms */, '')) AS term
            FROM
            (
                /* posts */
            )
        )
    )
    GROUP BY lang, term, host
)
GROUP BY lang, term
HAVING accounts >= {accounts:UInt32} OR term = ''
SETTINGS max_bytes_before_external_group_by = 1000000000
