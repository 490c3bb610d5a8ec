-- Which of some lists, or of some threads by their roots, one account mutes.
-- Params: viewer UInt64; kind String; keys Array(Tuple(UInt64, UInt64)): actor, rkey.
SELECT subject, rkey
FROM private_mutes FINAL
PREWHERE actor = {viewer:UInt64} AND kind = {kind:String} AND (subject, rkey) IN {keys:Array(Tuple(UInt64, UInt64))}
