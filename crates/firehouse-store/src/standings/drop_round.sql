-- Removes a round. Params: round UInt8.
ALTER TABLE standing_ranks DROP PARTITION {round:UInt8}
