//! [`Asked`]: parameters and query text of a search, made into terms.
//!
//! Values of one kind are alternatives (two authors: posts of either), kinds are all required, as the lexicon of searchPostsV2 says.
//! Whoever a name names is looked up for all names at once; a name of nobody matches nothing.

use std::collections::HashMap;

use firehouse_store::read::PostSearch;
use firehouse_text::{Clause, What, pieces};
use firehouse_types::{ActorId, Datetime};

use crate::{AppView, Caller, ViewError, actor, uri};

/// Longer queries are no questions. Units: characters.
const QUERY_CHARS_MAX: usize = 1_000;
/// What a search may be, once it is terms: it travels in the store's URL. Units: bytes, escaped.
const SEARCH_BYTES_MAX: usize = 48_000;
/// Nobody has this number: it is the hash of no DID that anyone was seen with. 0 has a meaning of its own.
const NOBODY: u64 = 1;

/// Values of one kind each; of each kind one must hold, or none may.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filters {
    /// DIDs or handles.
    pub authors: Vec<String>,
    /// DIDs or handles.
    pub mentions: Vec<String>,
    pub domains: Vec<String>,
    pub urls: Vec<String>,
    pub embedded: Vec<String>,
    pub hashtags: Vec<String>,
    pub languages: Vec<String>,
}

/// What a search method was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub query: String,
    pub only: Filters,
    pub not: Filters,
    /// Tags that must all be there.
    pub tags: Vec<String>,
    /// Terms of [`firehouse_text`] that must be there.
    pub terms: Vec<String>,
    /// Terms that must not.
    pub without_terms: Vec<String>,
    pub since: Option<String>,
    pub until: Option<String>,
    /// Not before this, whatever `since` says.
    pub earliest: Option<Datetime>,
    /// Only posts of those whom the viewer follows.
    pub following: bool,
}

/// A search, ready to be made.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub posts: PostSearch,
    /// Whether only posts of named authors are asked for: of these also what tags hide from other searches is found.
    pub has_author: bool,
}

impl Asked {
    /// As terms, and whether it is about authors. Errors: [`ViewError::BadQueryString`] for what is too long.
    pub async fn search(mut self, app: &AppView, caller: &Caller) -> Result<Search, ViewError> {
        if self.query.chars().nth(QUERY_CHARS_MAX).is_some() {
            return Err(too_long());
        }
        let clauses = firehouse_text::parse(&self.query);
        let mut search = PostSearch {
            all: std::mem::take(&mut self.terms),
            any: Vec::new(),
            none: std::mem::take(&mut self.without_terms),
            phrases: Vec::new(),
            without: Vec::new(),
            followed_by: self.following.then(|| caller.actor().unwrap_or(NOBODY.into())),
            after: Datetime::from_ms(i64::MIN),
            until: Datetime::from_ms(i64::MAX),
        };
        if let Some(since) = self.since.as_deref().and_then(time) {
            search.after = since;
        }
        if let Some(until) = self.until.as_deref().and_then(time) {
            search.until = until;
        }
        for clause in clauses {
            self.take(clause, &mut search);
        }
        search.after = search.after.max(self.earliest.unwrap_or(search.after));
        // All handles, those in front of AT-URIs and those by themselves, are one query each way.
        let (only, not, names) = tokio::try_join!(
            actor::resolve_uris(app, &self.only.embedded),
            actor::resolve_uris(app, &self.not.embedded),
            self.names(app, caller),
        )?;
        (self.only.embedded, self.not.embedded) = (only, not);
        search.all.extend(self.tags.iter().map(|tag| firehouse_text::tag(tag)));
        search.any =
            terms(&self.only, &names).into_iter().filter(|group| !group.is_empty()).collect();
        search.none.extend(terms(&self.not, &names).into_iter().flatten());
        // One alternative is none: such a term is looked up with the words.
        let (single, any) = std::mem::take(&mut search.any)
            .into_iter()
            .partition(|group: &Vec<_>| group.len() == 1);
        search.any = any;
        search.all.extend(Vec::into_iter(single).flatten());
        for terms in [&mut search.all, &mut search.none] {
            terms.sort_unstable();
            terms.dedup();
        }
        if bytes(&search) > SEARCH_BYTES_MAX {
            return Err(too_long());
        }
        Ok(Search { posts: search, has_author: !self.only.authors.is_empty() })
    }

    /// Puts one part of the query where it belongs.
    fn take(&mut self, Clause { is_negated, what }: Clause, search: &mut PostSearch) {
        let filters = if is_negated { &mut self.not } else { &mut self.only };
        match what {
            What::From(name) => filters.authors.push(name),
            What::Mentions(name) => filters.mentions.push(name),
            What::Lang(lang) => filters.languages.push(lang),
            What::Domain(domain) => filters.domains.push(domain),
            What::Url(url) => filters.urls.push(url),
            What::Tag(tag) if is_negated => filters.hashtags.push(tag),
            What::Tag(tag) => self.tags.push(tag),
            // Whatever must not be before a time is after it.
            What::Since(at) => match (time(&at), is_negated) {
                (Some(at), false) => search.after = search.after.max(at),
                (Some(at), true) => search.until = search.until.min(at),
                (None, _) => {}
            },
            What::Until(at) => match (time(&at), is_negated) {
                (Some(at), false) => search.until = search.until.min(at),
                (Some(at), true) => search.after = search.after.max(at),
                (None, _) => {}
            },
            What::Text(words) => said(&words, false, is_negated, search),
            What::Phrase(words) => said(&words, true, is_negated, search),
        }
    }

    /// Numbers of all who are named: `me` is the viewer.
    async fn names(
        &self,
        app: &AppView,
        caller: &Caller,
    ) -> Result<HashMap<String, ActorId>, ViewError> {
        let listed = [&self.only, &self.not]
            .map(|f| f.authors.iter().chain(&f.mentions).map(String::as_str));
        let mut texts: Vec<&str> = listed.into_iter().flatten().collect();
        texts.sort_unstable();
        texts.dedup();
        // A few hundred at most, since they were told in a URL.
        let owners = actor::resolve_texts(app, &texts).await?;
        let found = texts
            .iter()
            .zip(owners)
            .filter_map(|(text, did)| Some(((*text).to_owned(), did?.actor())));
        let mut names: HashMap<_, _> = found.collect();
        if let Some(viewer) = caller.actor() {
            names.insert("me".to_owned(), viewer);
        }
        Ok(names)
    }
}

/// Words and phrases. A negated word of several terms is a phrase: posts may have the parts by themselves.
fn said(words: &str, is_phrase: bool, is_negated: bool, search: &mut PostSearch) {
    let mut asked = pieces(words);
    let folded = firehouse_text::fold(words);
    match (is_negated, asked.terms.len()) {
        // Emoji and signs are no words: they are looked for where they stand. Signs alone, such as *, ask for nothing.
        (false, 0) if !folded.is_ascii() => search.phrases.push(folded),
        (true, 0) if !folded.is_ascii() => search.without.push(folded),
        (_, 0) => {}
        (false, _) => {
            search.all.append(&mut asked.terms);
            search.phrases.append(&mut asked.runs);
            if is_phrase {
                search.phrases.push(folded);
            }
        }
        (true, 1) => search.none.append(&mut asked.terms),
        (true, _) => search.without.push(folded),
    }
}

/// One group of terms for each kind.
fn terms(filters: &Filters, names: &HashMap<String, ActorId>) -> [Vec<String>; 7] {
    let number = |name: &String| names.get(name.as_str()).copied().unwrap_or(ActorId::from(NOBODY));
    let each =
        |values: &[String], term: &dyn Fn(&String) -> String| values.iter().map(term).collect();
    // What is no domain and no link is none that a post has.
    let domain = |text: &String| {
        firehouse_text::domain_term(&firehouse_text::domain(text).unwrap_or_default())
    };
    let url = |text: &String| {
        firehouse_text::url_term(&firehouse_text::normal_url(text).unwrap_or_default())
    };
    [
        each(&filters.authors, &|name| firehouse_text::by(number(name))),
        each(&filters.mentions, &|name| firehouse_text::mention(number(name))),
        each(&filters.domains, &domain),
        each(&filters.urls, &url),
        each(&filters.embedded, &|uri| firehouse_text::embed(uri)),
        each(&filters.hashtags, &|tag| firehouse_text::tag(tag)),
        each(&filters.languages, &|lang| firehouse_text::lang(lang)),
    ]
}

/// A date or a time, in nearly any form; `None` for what is neither.
fn time(text: &str) -> Option<Datetime> {
    Some(Datetime::parse_lenient(text)).filter(|&at| at != Datetime::EPOCH)
}

/// How long the search is as parameters of a URL.
fn bytes(search: &PostSearch) -> usize {
    let lists = [&search.all, &search.none, &search.phrases, &search.without];
    let texts = lists.into_iter().flatten().chain(search.any.iter().flatten());
    texts
        .map(|text| {
            text.bytes().map(|b| if b.is_ascii_alphanumeric() { 1 } else { 3 }).sum::<usize>() + 9
        })
        .sum()
}

fn too_long() -> ViewError {
    ViewError::BadQueryString("The search is too long".into())
}

/// The post that a parameter names; where it names none, a key that no post has.
pub(crate) fn post_key(uri: &str) -> firehouse_store::read::RecordKey {
    uri::post(uri).unwrap_or((ActorId::from(NOBODY), 0.into()))
}
