//! Answers that real services gave, some of them years ago, when lexicons asked for less: each gets a verdict, and one that is refused
//! breaks a rule that can be named.

use firehouse_lexicon::{Catalog, InvalidBody};

use crate::{folder, json_below};

#[test]
fn recorded_answers_fit_or_break_a_rule_that_has_a_name() {
    let Some(folder) = folder("xrpc-samples") else { return };
    let catalog = Catalog::embedded();
    for (path, text) in json_below(&folder) {
        // app-bsky/feed-getPosts.json is app.bsky.feed.getPosts; files outside that folder are of com.atproto.
        let inside = path.strip_prefix(&folder).unwrap();
        let authority = if inside.starts_with("app-bsky") { "app.bsky" } else { "com.atproto" };
        let method = path.file_stem().unwrap_or_default().to_string_lossy().replace('-', ".");
        let nsid = format!("{authority}.{method}");
        match catalog.validate_output(&nsid, text.as_bytes()) {
            Ok(()) => {}
            Err(InvalidBody::UnknownMethod) => eprintln!("note: no lexicon of {nsid} is embedded"),
            Err(InvalidBody::Violation(violation)) => {
                eprintln!("note: {} is older than its lexicon: {violation}", inside.display());
            }
            Err(error) => panic!("{}: {error}", inside.display()),
        }
    }
}
