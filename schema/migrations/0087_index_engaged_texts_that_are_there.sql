-- In the background; until then what was there before is searched without an index, and so slowly.
ALTER TABLE engaged_texts MATERIALIZE INDEX tokens
