//! app.bsky.embed.*#view: what a post carries.

use firehouse_store::read::RecordKey;
use firehouse_types::{AtUri, Did};
use serde_json::Value;

use super::Views;
use super::block::BlockedAuthor;
use super::generator::GeneratorView;
use super::label::Label;
use super::labeler::LabelerView;
use super::links::Preset;
use super::list::ListView;
use super::profile::ProfileView;
use super::starter_pack::StarterPackViewBasic;
use crate::hydrate::QUOTE_DEPTH_MAX;
use crate::nsid::{GENERATOR, LABELER, LIST, STARTER_PACK};
use crate::record::{Embed, External, GalleryItem, Image, RecordJson, StrongRef, Video};
use crate::uri;

/// Items of a gallery that are shown. The lexicon allows more than clients should show.
const GALLERY_ITEMS_MAX: usize = 10;

/// The union in postView#embed.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum EmbedView {
    #[serde(rename = "app.bsky.embed.images#view")]
    Images { images: Vec<ImageView> },
    #[serde(rename = "app.bsky.embed.video#view")]
    Video {
        cid: Box<str>,
        playlist: String,
        thumbnail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        alt: Option<Box<str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        aspect_ratio: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        presentation: Option<Value>,
    },
    #[serde(rename = "app.bsky.embed.gallery#view")]
    Gallery { items: Vec<GalleryItemView> },
    #[serde(rename = "app.bsky.embed.external#view")]
    External { external: ExternalView },
    #[serde(rename = "app.bsky.embed.record#view")]
    Record { record: RecordEmbedView },
    #[serde(rename = "app.bsky.embed.recordWithMedia#view")]
    RecordWithMedia { media: Box<EmbedView>, record: RecordView },
}

/// The inner `app.bsky.embed.record#view` of a recordWithMedia.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RecordView {
    /// What is embedded.
    pub record: RecordEmbedView,
}

/// app.bsky.embed.images#viewImage.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ImageView {
    pub thumb: String,
    pub fullsize: String,
    pub alt: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<Value>,
}

/// The union in app.bsky.embed.gallery#view.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum GalleryItemView {
    #[serde(rename = "app.bsky.embed.gallery#viewImage")]
    Image {
        thumbnail: String,
        fullsize: String,
        alt: Box<str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        aspect_ratio: Option<Value>,
    },
}

/// app.bsky.embed.external#viewExternal.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ExternalView {
    pub uri: Box<str>,
    pub title: Box<str>,
    pub description: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated_refs: Option<Value>,
}

/// The union in app.bsky.embed.record#view.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum RecordEmbedView {
    #[serde(rename = "app.bsky.embed.record#viewRecord")]
    Post {
        uri: String,
        cid: String,
        author: Box<ProfileView>,
        value: RecordJson,
        labels: Vec<Label>,
        like_count: u64,
        reply_count: u64,
        repost_count: u64,
        quote_count: u64,
        indexed_at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        embeds: Option<Vec<EmbedView>>,
    },
    #[serde(rename = "app.bsky.graph.defs#listView")]
    List(Box<ListView>),
    #[serde(rename = "app.bsky.feed.defs#generatorView")]
    Generator(Box<GeneratorView>),
    #[serde(rename = "app.bsky.labeler.defs#labelerView")]
    Labeler(Box<LabelerView>),
    #[serde(rename = "app.bsky.graph.defs#starterPackViewBasic")]
    StarterPack(Box<StarterPackViewBasic>),
    #[serde(rename = "app.bsky.embed.record#viewNotFound")]
    NotFound { uri: Box<str>, not_found: bool },
    #[serde(rename = "app.bsky.embed.record#viewBlocked")]
    Blocked { uri: Box<str>, blocked: bool, author: BlockedAuthor },
    #[serde(rename = "app.bsky.embed.record#viewDetached")]
    Detached { uri: Box<str>, detached: bool },
}

impl Views<'_> {
    /// What a post carries; `None` for kinds we do not know.
    pub(crate) fn embed(
        &self,
        post: RecordKey,
        did: &Did,
        embed: &Embed,
        depth: u8,
    ) -> Option<EmbedView> {
        match embed {
            Embed::Images { .. }
            | Embed::Video(_)
            | Embed::Gallery { .. }
            | Embed::External { .. } => self.media(did, embed),
            Embed::Record { record } => {
                Some(EmbedView::Record { record: self.record_embed(post, record, depth) })
            }
            Embed::RecordWithMedia { record, media } => {
                let media = Box::new(self.media(did, media)?);
                let record = RecordView { record: self.record_embed(post, &record.record, depth) };
                Some(EmbedView::RecordWithMedia { media, record })
            }
            Embed::Unknown => None,
        }
    }

    fn media(&self, did: &Did, embed: &Embed) -> Option<EmbedView> {
        match embed {
            Embed::Images { images } => {
                let images = images.iter().map(|image| self.image_view(did, image)).collect();
                Some(EmbedView::Images { images })
            }
            Embed::Video(video) => Some(self.video_view(did, video)),
            Embed::Gallery { items } => {
                let items = items.iter().take(GALLERY_ITEMS_MAX);
                let items = items.filter_map(|item| self.gallery_item(did, item)).collect();
                Some(EmbedView::Gallery { items })
            }
            Embed::External { external } => Some(self.external(did, external)),
            Embed::Record { .. } | Embed::RecordWithMedia { .. } | Embed::Unknown => None,
        }
    }

    fn image_view(&self, did: &Did, image: &Image) -> ImageView {
        ImageView {
            thumb: self.image(Preset::Thumbnail, did, image.image.cid()),
            fullsize: self.image(Preset::Fullsize, did, image.image.cid()),
            alt: image.alt.clone(),
            aspect_ratio: image.aspect_ratio.clone(),
        }
    }

    fn video_view(&self, did: &Did, video: &Video) -> EmbedView {
        let cid = video.video.cid();
        EmbedView::Video {
            cid: cid.into(),
            playlist: self.video_playlist(did, cid),
            thumbnail: self.video_thumbnail(did, cid),
            alt: video.alt.clone(),
            aspect_ratio: video.aspect_ratio.clone(),
            presentation: video.presentation.clone(),
        }
    }

    fn gallery_item(&self, did: &Did, item: &GalleryItem) -> Option<GalleryItemView> {
        let GalleryItem::Image(image) = item else { return None };
        let ImageView { thumb, fullsize, alt, aspect_ratio } = self.image_view(did, image);
        Some(GalleryItemView::Image { thumbnail: thumb, fullsize, alt, aspect_ratio })
    }

    pub(super) fn external(&self, did: &Did, external: &External) -> EmbedView {
        let thumb = external.thumb.as_ref();
        EmbedView::External {
            external: ExternalView {
                uri: external.uri.clone(),
                title: external.title.clone(),
                description: external.description.clone(),
                thumb: thumb.map(|blob| self.image(Preset::Thumbnail, did, blob.cid())),
                associated_refs: external.associated_refs.clone(),
            },
        }
    }

    fn record_embed(&self, post: RecordKey, record: &StrongRef, depth: u8) -> RecordEmbedView {
        let uri = &record.uri;
        let author = uri::account(uri);
        let is_blocked = author.is_some_and(|author| self.viewer_blocks(author))
            || self.others_block(post.0, author);
        if let Some(did) = AtUri::parse(uri).ok().map(|uri| uri.authority).filter(|_| is_blocked) {
            let author = self.blocked_author(did);
            return RecordEmbedView::Blocked { uri: uri.clone(), blocked: true, author };
        }
        if self.state.refused.quotes.contains(&post) {
            return RecordEmbedView::Detached { uri: uri.clone(), detached: true };
        }
        let not_found = RecordEmbedView::NotFound { uri: uri.clone(), not_found: true };
        let Some(quoted) = uri::post(uri) else { return self.offer(uri).unwrap_or(not_found) };
        let Some(view) = self.post_at(quoted, depth) else { return not_found };
        if self.is_detached(post, quoted) {
            return RecordEmbedView::Detached { uri: uri.clone(), detached: true };
        }
        RecordEmbedView::Post {
            uri: view.uri,
            cid: view.cid,
            author: Box::new(view.author),
            value: view.record,
            labels: view.labels,
            like_count: view.like_count,
            reply_count: view.reply_count,
            repost_count: view.repost_count,
            quote_count: view.quote_count,
            indexed_at: view.indexed_at,
            embeds: (depth < QUOTE_DEPTH_MAX).then(|| view.embed.into_iter().collect()),
        }
    }

    /// An embedded record that is no post.
    fn offer(&self, uri: &str) -> Option<RecordEmbedView> {
        let (key, collection) = uri::record(uri)?;
        Some(match collection {
            GENERATOR => RecordEmbedView::Generator(Box::new(self.generator(key)?)),
            LIST => RecordEmbedView::List(Box::new(self.list(key)?)),
            LABELER => RecordEmbedView::Labeler(Box::new(self.labeler(key.0)?)),
            STARTER_PACK => RecordEmbedView::StarterPack(Box::new(self.starter_pack_basic(key)?)),
            _ => return None,
        })
    }

    /// Whether the author of a quoted post took the quote away from this post.
    fn is_detached(&self, post: RecordKey, quoted: RecordKey) -> bool {
        let Some(gate) = self.state.postgates.get(&quoted) else { return false };
        let uri = self.state.post_uri(post);
        gate.fields
            .detached_embedding_uris
            .iter()
            .any(|detached| Some(&**detached) == uri.as_deref())
    }
}
