//! Lexicon documents: validates records, XRPC parameters and XRPC answers
