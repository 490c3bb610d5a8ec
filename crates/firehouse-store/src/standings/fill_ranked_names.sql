-- The names of whoever has a standing.
INSERT INTO ranked_names_next
SELECT word, actor, level
FROM account_words
INNER JOIN (SELECT actor, level FROM standings_next WHERE level > 0) AS standing USING (actor)
SETTINGS max_execution_time = 0, max_threads = 2, join_algorithm = 'full_sorting_merge', max_block_size = 8192,
    max_bytes_before_external_sort = 200000000, max_bytes_ratio_before_external_sort = 0
