-- Collects posts that declare only other languages, to be removed.
-- Params: languages Array(String): in lower case; limit UInt64.
INSERT INTO unwanted (actor, rkey, rev)
SELECT actor, rkey, rev
FROM posts FINAL
WHERE notEmpty(langs)
    AND NOT arrayExists(lang -> arrayExists(kept -> lower(lang) = kept OR startsWith(lower(lang), concat(kept, '-')), {languages:Array(String)}), langs)
LIMIT {limit:UInt64}
