position(runs, {run:String}) > 0
