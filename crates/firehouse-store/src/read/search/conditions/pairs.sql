hasAllTokens(runs, {pairs:Array(String)})
