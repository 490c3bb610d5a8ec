//! The write path as one pipeline: tasks, bounded queues, batches, cursor, shutdown
