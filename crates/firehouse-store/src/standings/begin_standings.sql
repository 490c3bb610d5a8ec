-- An empty table for what is to take the place of standings.
CREATE OR REPLACE TABLE standings_next AS standings
