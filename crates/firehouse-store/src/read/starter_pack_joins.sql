-- How many profiles say that their account joined by some starter packs: in all, and dated since some moment.
-- Params: keys Array(Tuple(UInt64, UInt64)): actor, rkey of the packs; since_ms Int64; this UInt64: the number of the key "self".
SELECT
    target_actor AS pack_actor,
    target_rkey AS pack_rkey,
    uniqExact(actor) AS all_time,
    uniqExactIf(actor, sort_at > fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')) AS lately
FROM links FINAL
PREWHERE (target_actor, target_rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
    AND target_collection = 'app.bsky.graph.starterpack'
    AND collection = 'app.bsky.actor.profile'
    AND path = '.joinedViaStarterPack.uri'
    AND rkey = {this:UInt64}
GROUP BY target_actor, target_rkey
