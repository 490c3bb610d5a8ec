//! The only ClickHouse client: migrate, insert batches, save cursors, run read queries
