//! Commits, CAR blocks and the MST: decode, verify, invert; pure
