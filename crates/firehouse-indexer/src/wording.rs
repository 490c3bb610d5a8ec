//! [`wording`]: what a post says as its author wrote it, which its row of `post_texts` no longer tells.

use firehouse_types::DropReason;
use ipld_core::ipld::Ipld;

use crate::post_text::{as_string, field, list, string};

/// Texts, tags and links of a post, unfolded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    /// Its text.
    pub text: String,
    /// Tags, with no sign, in any spelling: those in the text and those beside it.
    pub tags: Vec<String>,
    /// Where it links to, and what the card of the link says that this is; empty without a card.
    pub links: Vec<(String, String)>,
}

/// Reads a post, DAG-CBOR. Errors: [`DropReason::RecordMalformed`] for what is no record.
pub fn wording(block: &[u8]) -> Result<Wording, DropReason> {
    let post: Ipld =
        serde_ipld_dagcbor::from_slice(block).map_err(|_| DropReason::RecordMalformed)?;
    let mut wording =
        Wording { text: string(&post, "text").unwrap_or_default().into(), ..Wording::default() };
    wording.tags.extend(list(&post, "tags").filter_map(as_string).map(str::to_owned));
    for feature in list(&post, "facets").flat_map(|facet| list(facet, "features")) {
        wording.tags.extend(string(feature, "tag").map(str::to_owned));
        wording.links.extend(string(feature, "uri").map(|uri| (uri.to_owned(), String::new())));
    }
    let embed = field(&post, "embed");
    let media = embed.and_then(|embed| field(embed, "media"));
    for embed in embed.into_iter().chain(media) {
        let external = field(embed, "external");
        let title = external.and_then(|external| string(external, "title")).unwrap_or_default();
        let uri = external.and_then(|external| string(external, "uri"));
        wording.links.extend(uri.map(|uri| (uri.to_owned(), title.to_owned())));
    }
    Ok(wording)
}

#[cfg(test)]
mod tests {
    use firehouse_lexicon::to_dag_cbor;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_tags_and_links_are_as_they_were_written() {
        let external = json!({"uri": "https://a.test/x", "title": "The News", "description": ""});
        let facets = json!([{"features": [
            {"$type": "app.bsky.richtext.facet#tag", "tag": "WorldCup"},
            {"$type": "app.bsky.richtext.facet#link", "uri": "https://b.test"}
        ]}]);
        let post = json!({
            "text": "Olé! #WorldCup", "tags": ["Extra"], "facets": facets,
            "embed": {"$type": "app.bsky.embed.recordWithMedia", "media": {"external": external}}
        });
        let wording = wording(&to_dag_cbor(&post).unwrap()).unwrap();
        assert_eq!(
            (&*wording.text, wording.tags.join(" ")),
            ("Olé! #WorldCup", "Extra WorldCup".into())
        );
        let link = |uri: &str, title: &str| (uri.to_owned(), title.to_owned());
        assert_eq!(
            wording.links,
            [link("https://b.test", ""), link("https://a.test/x", "The News")]
        );
    }
}
