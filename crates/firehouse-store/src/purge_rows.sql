-- Removes the rows that some accounts made from one table, for good: the parts that hold them are written anew. Who has come back by now,
-- be it for a moment, keeps what is there.
-- Params: table Identifier; actor Identifier, its column; actors Array(UInt64); before UInt64, microseconds since 1970: as in
-- deleted_accounts.sql.
ALTER TABLE {table:Identifier}
DELETE WHERE {actor:Identifier} IN
(
    SELECT actor
    FROM actors FINAL
    PREWHERE actor IN {actors:Array(UInt64)}
    WHERE status = 'deleted' AND version < {before:UInt64}
)
SETTINGS mutations_sync = 1
