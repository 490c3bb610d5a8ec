-- Starter packs whose record has some words in it, in whatever case, latest first.
-- Params: words Array(String); limit UInt32.
SELECT collection, actor, rkey, cid, rkey_text, body, created_at, sort_at
FROM records FINAL
PREWHERE collection = 'app.bsky.graph.starterpack'
WHERE valid = 1 AND arrayAll(word -> positionCaseInsensitiveUTF8(body, word) > 0, {words:Array(String)})
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
