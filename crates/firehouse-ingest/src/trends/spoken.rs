//! [`Spoken`]: who said what in one interval, counted as the store counts it: each account once, of one PDS at most so many.

use std::collections::{HashMap, HashSet};

use firehouse_store::trends::SaidPost;

/// Posts that say one of the terms looked for.
pub(super) struct Spoken {
    pub posts: Vec<SaidPost>,
    /// By place of the term: which posts say it, in their order.
    by_term: HashMap<Box<str>, Vec<u32>>,
    host_accounts_max: usize,
}

impl Spoken {
    /// `terms`: those that were asked for. `host_accounts_max`: accounts of one PDS that count at most; 0: all.
    pub fn new(posts: Vec<SaidPost>, terms: &[Box<str>], host_accounts_max: u32) -> Self {
        let mut by_term: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (at, post) in (0_u32..).zip(&posts) {
            for &hit in &post.hits {
                if let Some(term) = terms.get(hit as usize) {
                    by_term.entry(term.clone()).or_default().push(at);
                }
            }
        }
        let has_neighbours = posts.first().is_some_and(|post| post.has_neighbours == 1);
        let host_accounts_max = usize::try_from(host_accounts_max).ok();
        let host_accounts_max = host_accounts_max.filter(|&max| max > 0 && has_neighbours);
        Self { posts, by_term, host_accounts_max: host_accounts_max.unwrap_or(usize::MAX) }
    }

    /// Which posts of a language (empty: of any) say a term; of a run, those that have all of it.
    pub fn posts_with(&self, term: &str, lang: &str) -> Vec<u32> {
        let with = self.by_term.get(term).map_or(&[][..], Vec::as_slice);
        with.iter().copied().filter(|&at| self.is_of(at, lang)).collect()
    }

    /// Those of some posts whose runs have a text.
    pub fn with_run(&self, posts: &[u32], run: &str) -> Vec<u32> {
        let has = |&at: &u32| self.post(at).is_some_and(|post| post.runs.contains(run));
        posts.iter().copied().filter(has).collect()
    }

    pub fn post(&self, at: u32) -> Option<&SaidPost> {
        self.posts.get(at as usize)
    }

    /// Accounts that wrote some posts, as they count.
    pub fn accounts(&self, posts: &[u32]) -> u32 {
        let mut by_host: HashMap<&str, HashSet<_>> = HashMap::new();
        for post in posts.iter().filter_map(|&at| self.post(at)) {
            by_host.entry(&post.host).or_default().insert(post.actor);
        }
        let counted = by_host.values().map(|actors| actors.len().min(self.host_accounts_max));
        u32::try_from(counted.sum::<usize>()).unwrap_or(u32::MAX)
    }

    fn is_of(&self, at: u32, lang: &str) -> bool {
        lang.is_empty() || self.post(at).is_some_and(|post| post.langs.iter().any(|l| &**l == lang))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A post by account `actor` of host `host` with the terms at `hits`.
    pub fn post(actor: u64, host: &str, lang: &str, hits: &[u32], runs: &str) -> SaidPost {
        SaidPost {
            actor: actor.into(),
            rkey: actor.into(),
            host: host.into(),
            langs: vec![lang.into()],
            hits: hits.to_vec(),
            runs: runs.into(),
            has_neighbours: 1,
        }
    }

    #[test]
    fn each_account_counts_once_and_each_host_to_its_limit() {
        let mut posts: Vec<_> = (0..9).map(|n| post(n, "a", "en", &[0], "")).collect();
        posts.extend([post(20, "b", "de", &[0, 1], ""), post(20, "b", "de", &[1], "")]);
        let terms = ["x".into(), "y".into()];
        let spoken = Spoken::new(posts.clone(), &terms, 5);
        let all = spoken.posts_with("x", "");
        assert_eq!((all.len(), spoken.accounts(&all)), (10, 6));
        assert_eq!(spoken.accounts(&spoken.posts_with("x", "de")), 1);
        assert_eq!(spoken.accounts(&spoken.posts_with("y", "")), 1);
        assert_eq!(Spoken::new(posts.clone(), &terms, 0).accounts(&all), 10);
        posts.iter_mut().for_each(|post| post.has_neighbours = 0);
        assert_eq!(Spoken::new(posts, &terms, 5).accounts(&all), 10, "all live at one host");
    }
}
