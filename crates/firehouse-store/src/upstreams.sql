-- Every upstream that was added, removed, paused or resumed at run time, as it was said last.
SELECT upstream, url, followed, version, paused
FROM upstreams FINAL
ORDER BY upstream
