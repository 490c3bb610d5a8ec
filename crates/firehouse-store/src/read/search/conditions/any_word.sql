hasAnyTokens(words, {tokens:Array(String)})
