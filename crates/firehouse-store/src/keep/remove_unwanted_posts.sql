-- Removes the unwanted versions of posts, and those before, from one table, for good.
-- Params: table Identifier, whose rows are those of posts.
ALTER TABLE {table:Identifier}
DELETE WHERE (actor, rkey, rev) IN
(
    SELECT held.actor, held.rkey, held.rev
    FROM {table:Identifier} AS held
    INNER JOIN unwanted ON unwanted.actor = held.actor AND unwanted.rkey = held.rkey
    WHERE held.rev <= unwanted.rev
)
SETTINGS mutations_sync = 1
