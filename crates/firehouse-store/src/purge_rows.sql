-- Removes the rows that some accounts made from one table, for good: the parts that hold them are written anew. Who has come back by now,
-- be it for a moment, keeps what is there.
-- Params: table Identifier; actor Identifier, its column; actors Array(UInt64), versions Array(UInt64): of each its deletion, as in
-- deletions.sql.
ALTER TABLE {table:Identifier}
DELETE WHERE {actor:Identifier} IN
(
    SELECT actor
    FROM actors FINAL
    PREWHERE actor IN {actors:Array(UInt64)}
    WHERE status = 'deleted'
        AND (actor, version) IN arrayZip({actors:Array(UInt64)}, {versions:Array(UInt64)})
)
SETTINGS mutations_sync = 1
