//! Links to images and videos, which another service or another part of us serves.

use firehouse_types::Did;

use super::Views;

/// A size and shape in which images are served.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Preset {
    Avatar,
    Banner,
    Thumbnail,
    Fullsize,
}

impl Views<'_> {
    pub fn image(&self, preset: Preset, did: &Did, cid: &str) -> String {
        let preset = match preset {
            Preset::Avatar => "avatar",
            Preset::Banner => "banner",
            Preset::Thumbnail => "feed_thumbnail",
            Preset::Fullsize => "feed_fullsize",
        };
        match &self.config.cdn_url {
            Some(cdn) => format!("{}/{preset}/plain/{did}/{cid}", trimmed(cdn)),
            None => {
                format!("{}/img/{preset}/plain/{did}/{cid}", trimmed(&self.config.public_url))
            }
        }
    }

    pub fn video_playlist(&self, did: &Did, cid: &str) -> String {
        self.video(self.config.video_playlist_pattern.as_deref(), "playlist.m3u8", did, cid)
    }

    pub fn video_thumbnail(&self, did: &Did, cid: &str) -> String {
        self.video(self.config.video_thumbnail_pattern.as_deref(), "thumbnail.jpg", did, cid)
    }

    fn video(&self, pattern: Option<&str>, file: &str, did: &Did, cid: &str) -> String {
        // Of what a DID may hold, only these two are not allowed in one segment of a path.
        let did = did.as_str().replace('%', "%25").replace(':', "%3A");
        match pattern {
            Some(pattern) => pattern.replacen("%s", &did, 1).replacen("%s", cid, 1),
            None => format!("{}/vid/{did}/{cid}/{file}", trimmed(&self.config.public_url)),
        }
    }
}

fn trimmed(url: &url::Url) -> &str {
    url.as_str().trim_end_matches('/')
}
