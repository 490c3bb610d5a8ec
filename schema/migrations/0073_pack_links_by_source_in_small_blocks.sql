-- A look-up reads a few rows here and there: the smaller the blocks that hold them, the less there is to decompress. For parts written from now on.
ALTER TABLE links_by_source MODIFY SETTING min_compress_block_size = 8192, max_compress_block_size = 8192
