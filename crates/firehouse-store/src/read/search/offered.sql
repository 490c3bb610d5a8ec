-- Lists, starter packs or feed generators by what they say of themselves at some version, those whose name says it first, then the latest.
-- Without FINAL and PREWHERE, as posts.sql: whoever asks compares rev.
-- Params: collection String; purposes Array(String): of lists, none for all; in_name Array(String): what stands in the name, behind a space
-- where a word begins; limit UInt32.
SELECT
    actor,
    rkey,
    rev,
    arrayAll(part -> position(concat(' ', name, ' '), part) > 0, {in_name:Array(String)}) AS is_in_name
FROM offered_texts
WHERE deleted = 0
    AND collection = {collection:String}
    AND (empty({purposes:Array(String)}) OR has({purposes:Array(String)}, purpose))
    AND (/* condition */)
ORDER BY is_in_name DESC, sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
