//! Every read query runs as it stands.
