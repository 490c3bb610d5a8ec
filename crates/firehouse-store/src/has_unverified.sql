-- Whether anything was ever taken from an upstream that proves nothing, or is about to be.
SELECT count() > 0
FROM cursors
WHERE startsWith(upstream, 'jetstream+')
