-- Posts among some that quote a post whose gate allowed no quotes when they were made.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the posts; quoted Array(Tuple(UInt64, UInt64)): the quoted posts to judge.
WITH
    gates AS
    (
        -- As in refused_replies.sql.
        SELECT actor, rkey, is_closed,
            max(toUnixTimestamp64Milli(made_at)) OVER versions * 1000 + least(row_number() OVER versions, 999) AS since
        FROM post_gates FINAL
        PREWHERE (actor, rkey) IN {quoted:Array(Tuple(UInt64, UInt64))}
        WINDOW versions AS (PARTITION BY actor, rkey ORDER BY rev)
    ),
    quotes AS
    (
        SELECT actor, rkey, quote_actor, quote_rkey, toUnixTimestamp64Milli(made_at) * 1000 + 999 AS until
        FROM posts FINAL
        PREWHERE (actor, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
        WHERE actor != quote_actor AND (quote_actor, quote_rkey) IN {quoted:Array(Tuple(UInt64, UInt64))}
    )
SELECT quote.actor, quote.rkey
FROM quotes AS quote
ASOF INNER JOIN gates AS gate
    ON gate.actor = quote.quote_actor AND gate.rkey = quote.quote_rkey AND gate.since <= quote.until
WHERE gate.is_closed
