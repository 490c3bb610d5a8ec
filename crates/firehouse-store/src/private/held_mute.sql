-- One mute, if it holds.
-- Params: actor UInt64: who mutes; kind String; subject UInt64, rkey UInt64: what.
SELECT actor, kind, subject, rkey, uri, only_reposts, only_quotes, created_at, version, deleted
FROM private_mutes FINAL
PREWHERE actor = {actor:UInt64} AND kind = {kind:String} AND subject = {subject:UInt64} AND rkey = {rkey:UInt64}
