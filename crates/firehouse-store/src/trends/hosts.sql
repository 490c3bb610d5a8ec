-- At how many PDSes the authors of the interval live. Where it is one, it is no neighbourhood that could be bought.
(
    SELECT uniqExact(pds) FROM actors FINAL
    PREWHERE actor IN
    (
        SELECT actor FROM post_texts
        PREWHERE sort_at >= fromUnixTimestamp64Milli({from_ms:Int64}, 'UTC') AND sort_at < fromUnixTimestamp64Milli({until_ms:Int64}, 'UTC')
    )
)
