-- Removes the unwanted versions of posts from one table, for good. They are collected before: a mutation does not read what it changes.
-- Params: table Identifier, whose rows are those of posts.
ALTER TABLE {table:Identifier}
DELETE WHERE (actor, rkey, rev) IN (SELECT actor, rkey, rev FROM unwanted)
SETTINGS mutations_sync = 1
