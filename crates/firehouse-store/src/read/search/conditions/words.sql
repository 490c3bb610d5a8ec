hasAllTokens(words, {words:Array(String)})
