//! The only websocket: subscribeRepos frames to events, reconnect from the cursor
