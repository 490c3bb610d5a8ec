-- An empty table for what is to take the place of ranked_names.
CREATE OR REPLACE TABLE ranked_names_next AS ranked_names
