hasAnyTokens(arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor))]), {tokens:Array(String)})
