//! app.bsky.graph.getKnownFollowers: who of those the viewer follows follows an account.

use atrium_api::app::bsky::graph::get_known_followers::ParametersData;
use firehouse_store::read::LinkAt;

use crate::follows::Subject;
use crate::page::{From, fill_page, limit_of};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KnownFollowers {
    /// Who is followed.
    pub subject: ProfileView,
    /// By whom, latest first.
    pub followers: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Followers of an account whom the viewer follows, without those behind a block of the viewer's or of the account's.
pub async fn get_known_followers(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<KnownFollowers>, ViewError> {
    let about = Subject::resolve(app, caller, &parameters.actor).await?;
    let (about, from) = (&about, From::parse(parameters.cursor.as_deref())?);
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows: Vec<LinkAt> = match caller.actor() {
                Some(viewer) => {
                    let before = from.link();
                    app.store.known_followers_of(about.id, viewer, before, limit + 1).await?
                }
                None => Vec::new(),
            };
            about.page(rows, limit).await
        })
    });
    let (followers, cursor) = pages.await?;
    Ok(Answer::new(KnownFollowers { subject: about.view().await?, followers, cursor }))
}
