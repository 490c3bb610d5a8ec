-- Removes the beginnings of one length that were cut off.
-- Params: length UInt8, in characters.
DELETE FROM best_names_next
WHERE lengthUTF8(beginning) = {length:UInt8}
