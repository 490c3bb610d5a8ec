//! [`Recommender`]: a service that an operator trusts with suggestions and trends. It speaks HTTP, so it is handed in.
//!
//! It answers the `…Skeleton` methods of app.bsky.unspecced: who or what to show, and nothing of what it looks like. Blocks and what the
//! caller follows are looked at here, as with our own suggestions, which stand in for it when it does not answer.

use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::skeleton::Forwarded;
use crate::{AppView, Caller};

/// Asks the service.
pub trait Recommender: Send + Sync {
    /// What it answers; `None` when it does not, or not with JSON.
    fn ask<'a>(&'a self, request: RecommenderRequest<'a>) -> RecommenderFuture<'a>;
}

/// An answer on its way.
pub type RecommenderFuture<'a> = Pin<Box<dyn Future<Output = Option<Value>> + Send + 'a>>;

/// What it is asked.
#[derive(Clone, Copy, Debug)]
pub struct RecommenderRequest<'a> {
    /// NSID of a method.
    pub method: &'static str,
    /// Names and values.
    pub parameters: &'a [(&'static str, String)],
    /// What it gets to hear of the caller's own request.
    pub forwarded: &'a Forwarded,
}

impl AppView {
    /// What the recommender says, the viewer added to the parameters. `None` without one, and for an answer of another form.
    pub(crate) async fn recommended<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        method: &'static str,
        mut parameters: Vec<(&'static str, String)>,
    ) -> Option<T> {
        let recommender = self.recommender.as_ref()?;
        parameters.extend(caller.viewer.as_ref().map(|viewer| ("viewer", viewer.to_string())));
        let forwarded = &caller.forwarded;
        let request = RecommenderRequest { method, parameters: &parameters, forwarded };
        // An array, too, can be read as a struct.
        let said = recommender.ask(request).await.filter(Value::is_object)?;
        serde_json::from_value(said)
            .inspect_err(|error| {
                let error = error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    method,
                    "the recommender's answer is not what its lexicon says"
                );
            })
            .ok()
    }
}
