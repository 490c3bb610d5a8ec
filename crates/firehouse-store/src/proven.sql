-- When a record of one account was last written here together with a proof. Zero when there is none. Units: microseconds since 1970.
-- Params: actor UInt64.
SELECT toUnixTimestamp64Micro(max(witnessed_at))
FROM records
PREWHERE actor = {actor:UInt64}
WHERE proof != 'unverified'
