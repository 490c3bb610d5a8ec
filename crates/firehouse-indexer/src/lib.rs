//! Record op to rows, one file per collection; pure
