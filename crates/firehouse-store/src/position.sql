-- Where one list of a walk is resumed, and when that was saved.
-- Params: walk String; host String.
SELECT cursor, version
FROM positions FINAL
WHERE walk = {walk:String} AND host = {host:String}
