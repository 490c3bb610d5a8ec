-- Every upstream that was added or removed at run time, as it was said last.
SELECT upstream, url, followed, version
FROM upstreams FINAL
ORDER BY upstream
