-- Accounts whose names have a word for each of some beginnings, those that stand best first. Long beginnings are looked up, the others and
-- these again are looked for among what was found. As in search_actors.sql names may be out of date.
-- Params: beginnings Array(String): all; first String: one of them; second String, third String: more that are long, empty for none;
-- except Array(UInt64); before_rank Int64, before_actor UInt64; names UInt32: accounts that are looked at; limit UInt32: as there.
WITH candidates AS
(
    SELECT actor
    FROM best_names
    PREWHERE beginning = {first:String}
    UNION DISTINCT
    SELECT actor
    FROM
    (
        SELECT word, actor
        FROM name_words
        PREWHERE startsWith(word, {first:String})
            AND ({second:String} = '' OR actor IN (SELECT actor FROM name_words PREWHERE startsWith(word, {second:String})))
            AND ({third:String} = '' OR actor IN (SELECT actor FROM name_words PREWHERE startsWith(word, {third:String})))
        ORDER BY word, actor
        LIMIT {names:UInt32}
    )
)
SELECT actor AS who, toInt64(max(found_level)) AS rank
FROM
(
    SELECT actor, word AS found_word, toUInt16(0) AS found_level
    FROM account_words
    PREWHERE actor IN (SELECT actor FROM candidates)
    UNION ALL
    SELECT actor, '', level
    FROM standings
    PREWHERE actor IN (SELECT actor FROM candidates)
)
WHERE NOT has({except:Array(UInt64)}, actor)
GROUP BY who
HAVING (rank, who) < ({before_rank:Int64}, {before_actor:UInt64})
    AND arrayAll(beginning -> arrayExists(found -> startsWith(found, beginning), groupArray(found_word)), {beginnings:Array(String)})
ORDER BY rank DESC, who DESC
LIMIT {limit:UInt32}
