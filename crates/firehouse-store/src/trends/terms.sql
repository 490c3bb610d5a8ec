-- Terms of one post, each once, for which a column `words`, `runs` and `marks` are there: words of two bytes or more that are no numbers;
-- two side by side; tags, tickers and links; pairs of characters of runs.
arrayDistinct(arrayConcat(
    arrayFilter(word -> length(word) > 1 AND NOT match(word, '^[0-9.,:-]*$'), splitByChar(' ', words) AS apart),
    arrayFilter(pair -> pair != '', arrayMap(
        (first, second) -> if(length(first) < 2 OR length(second) < 2 OR match(concat(first, second), '^[0-9.,:-]*$'), '', concat(first, ' ', second)),
        arrayPopBack(apart), arrayPopFront(apart))),
    arrayFilter(mark -> startsWith(mark, '#') OR startsWith(mark, '$') OR startsWith(mark, 'url:'), marks),
    arrayFilter(pair -> position(pair, ' ') = 0, ngrams(runs, 2))))
