(actor, rkey) IN (SELECT actor, rkey FROM offered_words PREWHERE collection = {of:String} AND startsWith(word, {beginning:String}) ORDER BY collection, word LIMIT 50000)
    AND position(concat(' ', words), {spaced:String}) > 0
