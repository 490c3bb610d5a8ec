hasAllTokens(arrayConcat(splitByWhitespace(words), marks, [concat('by:', toString(actor)), if(has(marks, 'is:reply'), 'is:reply', 'is:post')]), {tokens:Array(String)})
