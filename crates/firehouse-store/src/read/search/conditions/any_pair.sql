hasAnyTokens(runs, {pairs:Array(String)})
