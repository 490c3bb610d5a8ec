//! [`QueryIds`]: the names of the statements that run now. A name in use is refused.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use crate::exception::Exception;

/// The names of the statements that run now.
#[derive(Clone, Default)]
pub struct QueryIds {
    running: Arc<Mutex<HashSet<String>>>,
}

/// A name in use; free again when dropped.
pub struct QueryIdGuard {
    ids: QueryIds,
    id: String,
}

impl QueryIds {
    /// Takes a name. Errors: it is in use.
    pub fn take(&self, id: &str) -> Result<QueryIdGuard, Exception> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if !running.insert(id.to_owned()) {
            let text = format!("Query with id = {id} is already running");
            return Err(Exception::new(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", text));
        }
        Ok(QueryIdGuard { ids: self.clone(), id: id.to_owned() })
    }
}

impl Drop for QueryIdGuard {
    fn drop(&mut self) {
        self.ids.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_free_again_once_its_statement_has_ended() {
        let ids = QueryIds::default();
        let guard = ids.take("a").unwrap();
        assert_eq!(ids.take("a").map(|_| ()).unwrap_err().code, 216);
        drop(guard);
        assert!(ids.take("a").is_ok());
    }
}
