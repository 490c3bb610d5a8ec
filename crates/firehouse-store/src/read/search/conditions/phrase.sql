position(concat(' ', words, ' '), {phrase:String}) > 0
