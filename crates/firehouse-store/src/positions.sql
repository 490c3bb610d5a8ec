-- Where a walk stands: the last round that was begun, and the lists that have a position in it.
-- Params: walk String.
SELECT walk, host, round, cursor, done, version
FROM positions FINAL
WHERE walk = {walk:String} AND round = (SELECT max(round) FROM positions WHERE walk = {walk:String})
