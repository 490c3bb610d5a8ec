-- Which of some accounts one account mutes, and how much of them.
-- Params: viewer UInt64; actors Array(UInt64).
SELECT subject, only_reposts, only_quotes
FROM private_mutes FINAL
PREWHERE actor = {viewer:UInt64} AND kind = 'account' AND subject IN {actors:Array(UInt64)}
