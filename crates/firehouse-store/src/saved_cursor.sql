-- The seq saved last for one upstream.
-- Params: upstream String.
SELECT seq
FROM cursors FINAL
WHERE upstream = {upstream:String}
