-- An empty table for what is to take the place of best_names.
CREATE OR REPLACE TABLE best_names_next AS best_names
