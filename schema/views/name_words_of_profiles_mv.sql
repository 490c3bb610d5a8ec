-- Keeps name_words with every display name. Words in scripts without spaces are found from each of their characters on.
CREATE MATERIALIZED VIEW IF NOT EXISTS name_words_of_profiles_mv TO name_words AS
SELECT
    arrayJoin(arrayDistinct(arrayFlatten(arrayMap(
        w -> if(match(w, '[\\p{Han}\\p{Hiragana}\\p{Katakana}\\p{Hangul}\\p{Thai}\\p{Lao}\\p{Khmer}\\p{Myanmar}]'),
            arrayMap(i -> substringUTF8(w, i), range(1, least(lengthUTF8(w), 64) + 1)), [w]),
        arraySlice(extractAll(lowerUTF8(normalizeUTF8NFKC(display_name)), '[\\p{L}\\p{N}\\p{M}]+'), 1, 32))))) AS word,
    actor
FROM profiles
WHERE deleted = 0 AND display_name != ''
