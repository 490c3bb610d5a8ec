//! Skeleton, hydrate, view: one file per XRPC method
