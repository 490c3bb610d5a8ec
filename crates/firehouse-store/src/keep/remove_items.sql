-- Removes the items of one kind from one table of feeds, for good.
-- Params: table Identifier; kind String: post or repost.
ALTER TABLE {table:Identifier} DELETE WHERE kind = {kind:String} SETTINGS mutations_sync = 1
