//! [`Query`]: what a search asks for, as a tree.

use std::fmt;
use std::time::Duration;

use firehouse_types::{Datetime, Did};

use crate::lexer::quotes_for;
use crate::mark;

/// What must hold of a post. Lists have two members or more, and hold no list of their own kind; what is negated is not negated twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// All of these.
    All(Vec<Query>),
    /// At least one of these.
    Any(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// This.
    Is(Leaf),
}

/// One condition. Texts are as they were written: [`crate::pieces`] and [`crate::mark`] say what they ask of an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A word; of several where punctuation is inside, in this order. Never without a piece.
    Text(String),
    /// These words, in this order. Never without a piece.
    Phrase(String),
    /// A word that begins so, of two characters or more, or a run. One piece, of one word.
    Prefix(String),
    /// Written by.
    From(Who),
    /// Mentions.
    Mentions(Who),
    /// Has this hashtag; without its sign.
    Tag(String),
    /// Names this ticker symbol; without its sign.
    Cashtag(String),
    /// Declared to be in this language: a tag in lower case.
    Lang(String),
    /// Not before this time.
    Since(Datetime),
    /// Before this time.
    Until(Datetime),
    /// Not longer ago than this.
    Within(Duration),
    /// Links to this host or one below it, as [`crate::host`] writes it.
    Domain(String),
    /// Links to this page.
    Url(String),
    /// Carries this.
    Has(Has),
    /// Is this.
    Is(Kind),
    /// Was liked so often or more. Stands at the top of the tree only.
    MinLikes(u64),
    /// Was reposted so often or more. Stands at the top of the tree only.
    MinReposts(u64),
    /// Written by a member of this list: an AT-URI, perhaps with a handle.
    List(String),
    /// Carries this label.
    Label(String),
    /// Belongs to the thread of this post: an AT-URI, perhaps with a handle.
    InThread(String),
    /// In which order posts are shown: no condition. Stands at the top of the tree only, and once.
    Sort(Sort),
}

/// An account, as a query names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever asks.
    Me,
    /// By its DID.
    Did(Did),
    /// By its handle, in lower case.
    Handle(String),
}

/// What a post carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// Images, a gallery, a GIF or a video.
    Media,
    /// Images.
    Image,
    /// A video.
    Video,
    /// A link.
    Link,
    /// A GIF.
    Gif,
    /// An embedded post.
    Quote,
    /// Media that are described.
    Alt,
    /// A poll.
    Poll,
}

/// What a post is to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers a post.
    Reply,
    /// Part of a thread in which its author answers himself.
    Thread,
    /// Embeds a post.
    Quote,
    /// Copied from elsewhere by a bridge.
    Bridged,
}

/// Orders of posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The best first.
    Top,
    /// The newest first.
    Latest,
}

impl Query {
    /// All of these; `None` of none. Keeps the tree flat.
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::All(parts) => parts,
            part => vec![part],
        });
        Self::list(flat.collect(), Self::All)
    }

    /// At least one of these; `None` of none. Keeps the tree flat.
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        let flat = parts.into_iter().flat_map(|part| match part {
            Self::Any(parts) => parts,
            part => vec![part],
        });
        Self::list(flat.collect(), Self::Any)
    }

    fn list(mut parts: Vec<Self>, list: fn(Vec<Self>) -> Self) -> Option<Self> {
        if parts.len() > 1 { Some(list(parts)) } else { parts.pop() }
    }

    /// The opposite.
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// All conditions in it, in the order they were written.
    pub fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::leaves).collect(),
            Self::Not(inner) => inner.leaves(),
            Self::Is(leaf) => vec![leaf],
        }
    }
}

impl Leaf {
    /// Whether it is about a search as a whole, and so stands at the top of the tree only.
    pub const fn is_of_the_search(&self) -> bool {
        matches!(self, Self::MinLikes(_) | Self::MinReposts(_) | Self::Sort(_))
    }
}

impl Has {
    /// The mark that such posts have.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Media => mark::HAS_MEDIA,
            Self::Image => mark::HAS_IMAGE,
            Self::Video => mark::HAS_VIDEO,
            Self::Link => mark::HAS_LINK,
            Self::Gif => mark::HAS_GIF,
            Self::Quote => mark::HAS_QUOTE,
            Self::Alt => mark::HAS_ALT,
            Self::Poll => mark::HAS_POLL,
        }
    }
}

impl Kind {
    /// The mark that such posts have.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Reply => mark::IS_REPLY,
            Self::Thread => mark::IS_THREAD,
            Self::Quote => mark::IS_QUOTE,
            Self::Bridged => mark::IS_BRIDGED,
        }
    }
}

impl fmt::Display for Query {
    /// A query that [`crate::parse`] takes for the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " ", |part| match part {
                Self::Any(_) => Form::Tight,
                _ => Form::Open,
            }),
            Self::Any(parts) => joined(f, parts, " OR ", |_| Form::Open),
            Self::Not(inner) => {
                f.write_str("-")?;
                Form::Closed.write(f, inner)
            }
            Self::Is(leaf) => write!(f, "{leaf}"),
        }
    }
}

/// How a part is written inside of another.
#[derive(Clone, Copy)]
enum Form {
    /// As it is.
    Open,
    /// Lists in parentheses.
    Closed,
    /// Alternatives as `a|b`.
    Tight,
}

impl Form {
    fn write(self, f: &mut fmt::Formatter<'_>, part: &Query) -> fmt::Result {
        match (self, part) {
            (Self::Closed, Query::All(_) | Query::Any(_)) => write!(f, "({part})"),
            (Self::Tight, Query::Any(parts)) => joined(f, parts, "|", |_| Self::Closed),
            _ => write!(f, "{part}"),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    parts: &[Query],
    between: &str,
    form: fn(&Query) -> Form,
) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        f.write_str(if n == 0 { "" } else { between })?;
        form(part).write(f, part)?;
    }
    Ok(())
}

impl fmt::Display for Leaf {
    /// As it is written in a query.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Phrase(phrase) => {
                let (open, close) = quotes_for(phrase);
                write!(f, "{open}{phrase}{close}")
            }
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::From(who) => write!(f, "from:{who}"),
            Self::Mentions(who) => write!(f, "to:{who}"),
            Self::Tag(tag) => write!(f, "#{tag}"),
            Self::Cashtag(ticker) => write!(f, "${ticker}"),
            Self::Lang(tag) => write!(f, "lang:{tag}"),
            Self::Since(at) => write!(f, "since:{at}"),
            Self::Until(at) => write!(f, "until:{at}"),
            Self::Within(time) => {
                let seconds = time.as_secs();
                let units = [(604_800, 'w'), (86_400, 'd'), (3_600, 'h'), (60, 'm')];
                let whole = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
                let (unit, name) = whole.unwrap_or((1, 's'));
                write!(f, "within:{}{name}", seconds / unit)
            }
            Self::Domain(host) => write!(f, "domain:{host}"),
            // A link goes on behind other characters that end words, but not behind these.
            Self::Url(link) if link.contains(['(', ')', '|']) => write!(f, "url:\"{link}\""),
            Self::Url(link) => f.write_str(link),
            Self::Has(has) => f.write_str(has.mark()),
            Self::Is(kind) => f.write_str(kind.mark()),
            Self::MinLikes(number) => write!(f, "min_likes:{number}"),
            Self::MinReposts(number) => write!(f, "min_reposts:{number}"),
            Self::List(uri) => write!(f, "list:{uri}"),
            Self::Label(label) => write!(f, "label:{label}"),
            Self::InThread(uri) => write!(f, "in:{uri}"),
            Self::Sort(Sort::Top) => f.write_str("sort:top"),
            Self::Sort(Sort::Latest) => f.write_str("sort:latest"),
        }
    }
}

impl fmt::Display for Who {
    /// `me`, the DID or the handle.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Did(did) => f.write_str(did.as_str()),
            Self::Handle(handle) => f.write_str(handle),
        }
    }
}
