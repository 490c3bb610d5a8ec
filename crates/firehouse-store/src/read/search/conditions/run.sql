hasAllTokens(runs, {pairs:Array(String)}) AND position(runs, {run:String}) > 0
