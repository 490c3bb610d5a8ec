//! DID documents and handles: resolve, cache, forget
