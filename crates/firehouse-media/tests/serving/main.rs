//! Blobs and images as clients get them, from a PDS on this machine that does what PDSes do, and what they should not.

mod pds;
mod world;
mod blobs;
mod images;
