-- Terms of one interval and their past: accounts that said each now, in the same hours of days before, in those of the same weekdays, and
-- in the day before; of each language also how many spoke at all (the empty term), and in how many intervals that is known.
-- Params: span_s UInt32; at_ms Int64: the interval; daily_ms Array(Int64), weekly_ms Array(Int64): intervals of before; recent_ms Int64:
-- from here on up to the interval, exclusive, is the day before; accounts UInt32: terms that fewer say now are left out.
SELECT
    lang,
    term,
    sumIf(accounts, toUnixTimestamp64Milli(at) = {at_ms:Int64}) AS now,
    sumIf(accounts, toUnixTimestamp64Milli(at) IN {daily_ms:Array(Int64)}) AS daily,
    sumIf(accounts, toUnixTimestamp64Milli(at) IN {weekly_ms:Array(Int64)}) AS weekly,
    sumIf(accounts, at < fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC') AND at >= fromUnixTimestamp64Milli({recent_ms:Int64}, 'UTC')) AS recent,
    countIf(toUnixTimestamp64Milli(at) IN {daily_ms:Array(Int64)}) AS daily_known,
    countIf(at < fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC') AND at >= fromUnixTimestamp64Milli({recent_ms:Int64}, 'UTC')) AS recent_known
FROM term_counts FINAL
PREWHERE span_s = {span_s:UInt32}
    AND at <= fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
    AND
    (
        at >= fromUnixTimestamp64Milli({recent_ms:Int64}, 'UTC')
        OR at IN (SELECT fromUnixTimestamp64Milli(arrayJoin({daily_ms:Array(Int64)}), 'UTC'))
    )
WHERE (lang, term) IN
(
    SELECT lang, term
    FROM term_counts
    PREWHERE span_s = {span_s:UInt32} AND at = fromUnixTimestamp64Milli({at_ms:Int64}, 'UTC')
    WHERE accounts >= {accounts:UInt32} OR term = ''
)
GROUP BY lang, term
