//! app.bsky.embed.getEmbedExternalView: the card of a link, made of the records that say they stand at its address.

use atrium_api::app::bsky::embed::get_embed_external_view::ParametersData;
use firehouse_store::read::{RecordKey, RecordRead};
use firehouse_types::ActorId;
use serde_json::{Value, json};

use crate::hydrate::{Hydration, State};
use crate::standard_site::{
    DOCUMENT, DocumentFields, PUBLICATION, PublicationFields, SiteRecord, Standing, reading_minutes,
};
use crate::view::{Label, Preset, ProfileView, Views};
use crate::{Answer, AppView, Caller, RecordJson, ViewError, uri};

/// The output; empty when no records back the address.
#[derive(Clone, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<Value>,
    /// The records it is made of, for a post to name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_refs: Option<Vec<Value>>,
    /// The same, whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_records: Option<Vec<RecordJson>>,
}

/// app.bsky.embed.external#viewExternal.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Card<'a> {
    uri: &'a str,
    title: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading_time: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    associated_profiles: Vec<ProfileView>,
    associated_refs: &'a [Value],
}

/// The card of a link, out of the documents and publications that `uris` name; those of other collections say nothing.
pub async fn get_embed_external_view(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let named: Vec<_> = parameters.uris.iter().filter_map(|uri| uri::record(uri)).collect();
    let is_standard = |of: &&(RecordKey, &str)| of.1 == DOCUMENT || of.1 == PUBLICATION;
    let keys: Vec<RecordKey> = named.iter().filter(is_standard).map(|of| of.0).collect();
    if keys.is_empty() {
        return Ok(Answer::new(Output::default()));
    }
    let mut rows = app.store.records(&[DOCUMENT, PUBLICATION], &keys).await?;
    rows.retain(|row| named.contains(&((row.actor, row.rkey), &*row.collection)));
    let sites = publications_of(&rows).into_iter().filter(|key| !keys.contains(key));
    rows.extend(app.store.records(&[PUBLICATION], &sites.collect::<Vec<_>>()).await?);

    let mut hydration = Hydration::new(app, caller);
    for row in &rows {
        hydration.actors.insert(row.actor);
        let collection = if &*row.collection == DOCUMENT { DOCUMENT } else { PUBLICATION };
        hydration.labelled.push((row.actor, collection, row.rkey));
    }
    let state = hydration.finish().await?;
    // In the order asked for, then the publications that only documents name.
    let place = |key: RecordKey| keys.iter().position(|&of| of == key).unwrap_or(keys.len());
    rows.sort_by_key(|row| place((row.actor, row.rkey)));
    let standing = Standing::of(
        read::<DocumentFields>(&state, &rows, DOCUMENT),
        read::<PublicationFields>(&state, &rows, PUBLICATION),
    );
    let standing = standing.filter(|standing| standing.is_at(&parameters.url));
    let output = standing.map(|standing| card(&app.views(&state), &standing, &parameters.url));
    Ok(Answer::new(output.unwrap_or_default()))
}

fn publications_of(rows: &[RecordRead]) -> Vec<RecordKey> {
    let documents = rows.iter().filter(|row| &*row.collection == DOCUMENT);
    let site = |row: &RecordRead| {
        let json = RecordJson::new(&row.body)?;
        let fields: DocumentFields = serde_json::from_str(json.get()).ok()?;
        let (key, collection) = uri::record(&fields.site)?;
        (collection == PUBLICATION).then_some(key)
    };
    documents.filter_map(site).collect()
}

/// The records of one collection that this caller may see.
fn read<F: serde::de::DeserializeOwned>(
    state: &State,
    rows: &[RecordRead],
    collection: &str,
) -> Vec<SiteRecord<F>> {
    let rows = rows.iter().filter(|row| &*row.collection == collection);
    let read = |row: &RecordRead| {
        let did = &state.actors.get(&row.actor)?.did;
        SiteRecord::read(row, did.as_str(), collection)
    };
    let is_seen = |record: &SiteRecord<F>| {
        state.actor(record.key.0).is_some()
            && !state.is_taken_down(record.key, collection)
            && !state.is_redacted(record.key, collection)
    };
    rows.filter_map(read).filter(is_seen).collect()
}

fn card(views: &Views<'_>, standing: &Standing, address: &str) -> Output {
    let (document, publication) = (standing.document.as_ref(), standing.publication.as_ref());
    let shown = document
        .map(|of| (of.key, DOCUMENT, &of.uri, &of.cid, &of.json))
        .into_iter()
        .chain(publication.map(|of| (of.key, PUBLICATION, &of.uri, &of.cid, &of.json)));
    let shown: Vec<_> = shown.collect();
    let strong_ref = |uri: &str, cid: &str| json!({ "$type": "com.atproto.repo.strongRef", "uri": uri, "cid": cid });
    let refs: Vec<Value> = shown.iter().map(|of| strong_ref(of.2, of.3)).collect();
    let labels = shown.iter().flat_map(|of| views.state.labels.of_record(of.0, of.1));
    let mut owners: Vec<ActorId> = shown.iter().map(|of| of.0.0).collect();
    owners.dedup();
    let (title, description) = match (document, publication) {
        (Some(of), _) => (&of.fields.title, &of.fields.description),
        (None, Some(of)) => (&of.fields.name, &of.fields.description),
        (None, None) => return Output::default(),
    };
    if title.is_empty() {
        return Output::default();
    }
    let fields = document.map(|of| &of.fields);
    let text = |of: &'_ Option<Box<str>>| of.clone().filter(|text| !text.is_empty());
    let updated_at = fields.and_then(|of| text(&of.updated_at));
    let card = Card {
        uri: address,
        title,
        description: description.as_deref().unwrap_or_default(),
        thumb: document.and_then(|of| {
            let did = &views.state.actors.get(&of.key.0)?.did;
            Some(views.image(Preset::Thumbnail, did, of.fields.cover_image.as_ref()?.cid()))
        }),
        created_at: fields.map(|of| &*of.published_at).filter(|text| !text.is_empty()),
        updated_at: updated_at.as_deref(),
        reading_time: fields.and_then(|of| reading_minutes(of.text_content.as_deref()?)),
        labels: labels.collect(),
        source: publication.map(|of| source(views, of)),
        associated_profiles: owners
            .into_iter()
            .filter_map(|did| views.profile_basic(did))
            .collect(),
        associated_refs: &refs,
    };
    let view = json!({ "$type": "app.bsky.embed.external#view", "external": card });
    let records = shown.iter().map(|of| of.4.clone()).collect();
    Output { view: Some(view), associated_refs: Some(refs), associated_records: Some(records) }
}

/// app.bsky.embed.external#viewExternalSource.
fn source(views: &Views<'_>, publication: &SiteRecord<PublicationFields>) -> Value {
    let fields = &publication.fields;
    let icon = fields.icon.as_ref().and_then(|icon| {
        let did = &views.state.actors.get(&publication.key.0)?.did;
        Some(views.image(Preset::Avatar, did, icon.cid()))
    });
    let mut source = json!({
        "$type": "app.bsky.embed.external#viewExternalSource",
        "uri": fields.url,
        "title": fields.name,
    });
    let rest = [
        ("icon", icon.map(Value::from)),
        ("description", fields.description.as_deref().map(Value::from)),
        ("theme", fields.basic_theme.as_ref().and_then(theme)),
    ];
    if let Value::Object(members) = &mut source {
        members
            .extend(rest.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    source
}

/// The colours that are of the kind that is shown.
fn theme(theme: &Value) -> Option<Value> {
    let colour = |name: &str| {
        let colour = theme.get(name)?;
        let is_rgb = colour.get("$type")? == "site.standard.theme.color#rgb";
        let part = |name: &str| colour.get(name)?.as_u64().filter(|part| *part <= 255);
        let (r, g, b) = (part("r")?, part("g")?, part("b")?);
        is_rgb
            .then(|| json!({ "$type": "app.bsky.embed.external#colorRGB", "r": r, "g": g, "b": b }))
    };
    let named = [
        ("backgroundRGB", "background"),
        ("foregroundRGB", "foreground"),
        ("accentRGB", "accent"),
        ("accentForegroundRGB", "accentForeground"),
    ];
    let colours = named.iter().filter_map(|(to, of)| Some(((*to).to_owned(), colour(of)?)));
    let colours: serde_json::Map<_, _> = colours.collect();
    (!colours.is_empty()).then_some(Value::Object(colours))
}
