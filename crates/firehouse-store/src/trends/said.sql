-- Posts of one interval that count and say one of some terms. Behind it comes what posts count, and what their terms are.
-- Params: those of counted_posts.sql; hashes Array(UInt64): xxh3 of each term; limit UInt32.
WITH /* hosts */ AS hosts
SELECT actor, rkey, host, langs, hits, runs, toUInt8(ifNull(hosts, 0) > 1) AS has_neighbours
FROM
(
    SELECT
        actor,
        rkey,
        host,
        arrayMap(mark -> substring(mark, 6), arrayFilter(mark -> startsWith(mark, 'lang:'), marks)) AS langs,
        arrayMap(
            at -> toUInt32(at - 1),
            arrayFilter(
                at -> at > 0,
                arrayMap(
                    term -> transform(xxh3(term), {hashes:Array(UInt64)}, arrayEnumerate({hashes:Array(UInt64)}), toUInt32(0)),
                    /* terms */))) AS hits,
        runs
    FROM
    (
        /* posts */
    )
)
WHERE notEmpty(hits)
ORDER BY cityHash64(actor, rkey)
LIMIT {limit:UInt32}
