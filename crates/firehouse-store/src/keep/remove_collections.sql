-- Removes the rows of collections that are not kept from one table with a column of that name, for good.
-- Params: table Identifier; names Array(String): collections that are kept; prefixes Array(String): their namespaces, with the last dot.
ALTER TABLE {table:Identifier}
DELETE WHERE NOT has({names:Array(String)}, collection)
    AND NOT arrayExists(prefix -> startsWith(collection, prefix), {prefixes:Array(String)})
SETTINGS mutations_sync = 1
