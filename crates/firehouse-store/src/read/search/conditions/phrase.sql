hasAllTokens(words, {words:Array(String)}) AND position(concat(' ', words, ' '), {phrase:String}) > 0
