hasAllTokens(words, {tokens:Array(String)})
