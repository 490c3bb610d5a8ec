//! Records as answers need them: the JSON that callers get, and the few fields that views are made of.

mod json;
mod fields;
mod post;
mod profile;
mod usual;
mod service;

pub(crate) use fields::{Blob, SelfLabels, StrongRef};
pub use json::RecordJson;
pub(crate) use post::{
    Embed, External, GalleryItem, Image, PostFields, PostgateFields, RuleFields, ThreadgateFields,
    Video,
};
pub(crate) use profile::{ChatFields, GermFields, NotificationFields, ProfileFields, StatusFields};
pub(crate) use service::{
    GeneratorFields, LabelerFields, ListFields, StarterPackFields, VerificationFields,
};
pub(crate) use usual::written_again;
