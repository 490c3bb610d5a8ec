hasAnyTokens(words, {words:Array(String)})
