-- The last round as it is read. A hundred thousand ordinary followers are about 5,000 levels.
-- Params: round UInt8: the last; computed_at UInt64.
INSERT INTO standings_next
SELECT
    actor,
    followers,
    0.05 + 0.1 * least(followers, 5) / 5 + 0.85 * inflow,
    toUInt16(least(round(1000 * log10(1 + 500 * inflow)), 65535)),
    {computed_at:UInt64}
FROM standing_ranks
WHERE round = {round:UInt8}
SETTINGS max_execution_time = 0, max_threads = 2
