//! app.bsky.feed.getPosts.

use std::collections::HashSet;

use atrium_api::app::bsky::feed::get_posts::ParametersData;

use crate::hydrate::Hydration;
use crate::view::PostView;
use crate::{Answer, AppView, Caller, ViewError, uri};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// In the order asked for, each once, without those that cannot be seen.
    pub posts: Vec<PostView>,
}

/// Posts by AT-URI. What does not exist or is behind a block is left out.
pub async fn get_posts(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let mut seen = HashSet::new();
    let keys = parameters.uris.iter().filter_map(|uri| uri::post(uri));
    let keys: Vec<_> = keys.filter(|&key| seen.insert(key)).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.load_posts(&keys, false).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let posts = keys.into_iter().filter(|key| !views.viewer_blocks(key.0));
    let posts = posts.filter_map(|key| views.post(key)).collect();
    Ok(Answer::new(Output { posts }))
}
