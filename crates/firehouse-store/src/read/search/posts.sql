-- Posts that match a search, newest first: what their texts were at some rev. Without FINAL, which would read what the text indexes leave
-- out: an older version may be found until the engine has merged it away, so whoever asks compares rev with that in posts.
-- No PREWHERE: with it, the engine reads no text index or misses columns.
-- Small blocks, by one thread, and none ahead of its turn: what is read beyond the last row of a page is read for nothing.
-- Params: table Identifier: post_texts, or engaged_texts for those alone that were answered often; limit UInt32.
SELECT actor, rkey, sort_at, rev
FROM {table:Identifier}
WHERE /* condition */
ORDER BY sort_at DESC, actor DESC, rkey DESC
LIMIT {limit:UInt32}
SETTINGS max_threads = 1, max_block_size = 4096, read_in_order_use_buffering = 0
