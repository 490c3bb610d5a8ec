-- Puts the new rows in the place of the old ones, at once; also where there are none.
ALTER TABLE standings REPLACE PARTITION tuple() FROM standings_next
SETTINGS allow_replace_partition_from_empty_source = 1
