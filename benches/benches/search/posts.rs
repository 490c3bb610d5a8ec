//! [`Posts`]: made-up posts in the scripts of the network, the same for the same seed.
//!
//! Words are made up, their lengths and how often each comes are not: the n-th word of a language comes 1/n as often as its first, and the
//! first ones are short. Half of the words follow the one before them as words do: from among the few that often come behind it. So made,
//! English compresses as the recorded posts of many accounts do (to 0.455 by ZSTD(9) in blocks of 12 KiB; drawn one by one, words would
//! to 0.481, and one account's posts to 0.388). Shares of languages, replies, images, links and tags are those of the network's posts, roughly.

use firehouse_sim::{Random, Zipf};
use serde_json::{Value, json};

/// Different words of one language.
const WORDS: usize = 60_000;
/// Words that often come behind another, of which the first is the likeliest by far, and how many of all words are such.
const NEXT: usize = 16;
const FOLLOWS: f64 = 0.5;
/// The commonest words, which are small ones.
const SMALL: usize = 200;

/// A language: its share of all posts, and what its words are made of.
struct Script {
    lang: &'static str,
    share: f64,
    /// What stands between words.
    space: &'static str,
    /// Letters that follow each other in turn: the first of the first set, then of the second, and so on.
    letters: &'static [&'static str],
    /// What its commonest words are made of, where that is something else: particles and endings.
    small: Option<&'static str>,
    /// Words of a post, on average.
    length: f64,
}

const LATIN: &[&str] = &["bcdfghlmnprstvwk", "aeiou"];
const SCRIPTS: [Script; 13] = [
    Script { lang: "en", share: 0.46, space: " ", letters: LATIN, small: None, length: 16.0 },
    Script {
        lang: "ja",
        share: 0.22,
        space: "",
        letters: &["\u{4e00}\u{6fff}", "\u{3042}\u{3093}"],
        small: Some("\u{3042}\u{3093}"),
        length: 22.0,
    },
    Script {
        lang: "pt",
        share: 0.08,
        space: " ",
        letters: &["bcdfglmnprstvçjqz", "aeiouãéó"],
        small: None,
        length: 14.0,
    },
    Script {
        lang: "de",
        share: 0.05,
        space: " ",
        letters: &["bdfghklmnrstwzßv", "aeiouäöü"],
        small: None,
        length: 14.0,
    },
    Script {
        lang: "es",
        share: 0.04,
        space: " ",
        letters: &["bcdfglmnñprstvj", "aeiouáíó"],
        small: None,
        length: 14.0,
    },
    Script {
        lang: "ko",
        share: 0.04,
        space: " ",
        letters: &["\u{ac00}\u{d7a3}"],
        small: None,
        length: 10.0,
    },
    Script {
        lang: "fr",
        share: 0.03,
        space: " ",
        letters: &["bcdfghjlmnprstvç", "aeiouéèê"],
        small: None,
        length: 14.0,
    },
    Script {
        lang: "zh",
        share: 0.02,
        space: "",
        letters: &["\u{4e00}\u{8fff}"],
        small: None,
        length: 20.0,
    },
    Script {
        lang: "ru",
        share: 0.02,
        space: " ",
        letters: &["бвгджзклмнпрст", "аеиоуыя"],
        small: None,
        length: 12.0,
    },
    Script {
        lang: "tr",
        share: 0.01,
        space: " ",
        letters: &["bcçdfgğhklmnprsşt", "aeıioöu"],
        small: None,
        length: 12.0,
    },
    Script {
        lang: "th",
        share: 0.01,
        space: "",
        letters: &["\u{0e01}\u{0e2e}", "ะาิีุู"],
        small: None,
        length: 16.0,
    },
    Script {
        lang: "ar",
        share: 0.01,
        space: " ",
        letters: &["ابتثجحخدذرزسشصضطعغفقكلمنهوي"],
        small: None,
        length: 12.0,
    },
    Script {
        lang: "hi",
        share: 0.01,
        space: " ",
        letters: &["\u{0915}\u{0939}", "ािीुूे"],
        small: None,
        length: 12.0,
    },
];

/// One language's words, the commonest first.
pub struct Words {
    pub lang: &'static str,
    pub words: Vec<String>,
    /// Which words come behind each, by rank.
    next: Vec<[u16; NEXT]>,
    space: &'static str,
    length: f64,
}

/// Draws posts.
pub struct Posts {
    pub languages: Vec<Words>,
    shares: Vec<f64>,
    ranks: Zipf,
    next: Zipf,
    random: Random,
}

/// A post.
pub struct Post {
    pub record: Value,
    /// How much text is in it, descriptions and titles included. Units: bytes.
    pub text: usize,
}

impl Posts {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let ranks = Zipf::new(WORDS, 1.0);
        let languages = SCRIPTS.iter().map(|script| script.words(&ranks, &mut random)).collect();
        let mut total = 0.0;
        let shares = SCRIPTS
            .iter()
            .map(|script| {
                total += script.share;
                total
            })
            .collect();
        Self { languages, shares, ranks, next: Zipf::new(NEXT, 1.0), random }
    }

    /// A text in a language, of as many words as its posts have.
    fn text(&mut self, language: usize) -> String {
        let words = &self.languages[language];
        // Most are short, some are ten times as long, none is longer than posts may be.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few words")]
        let wanted = (-(1.0 - self.random.share()).ln() * words.length).ceil() as usize;
        let (mut text, mut last) = (String::new(), None);
        for _ in 0..wanted.max(1) {
            let rank = match last {
                Some(last) if self.random.chance(FOLLOWS) => {
                    let next: &[u16; NEXT] = &words.next[last];
                    usize::from(next[self.next.draw(&mut self.random)])
                }
                _ => self.ranks.draw(&mut self.random),
            };
            last = Some(rank);
            let word = &words.words[rank];
            if text.chars().count() + word.chars().count() > 298 {
                break;
            }
            if !text.is_empty() {
                text.push_str(words.space);
            }
            text.push_str(word);
        }
        text
    }

    /// A word and one that often comes behind it.
    pub fn phrase(&self, language: usize, rank: usize, random: &mut Random) -> String {
        let words = &self.languages[language];
        let next = words.next[rank][self.next.draw(random)];
        [&*words.words[rank], &*words.words[usize::from(next)]].join(words.space)
    }

    /// The next post, written at `at`. `reply` is the post that it answers, if it answers one.
    pub fn draw(&mut self, at: &str, reply: impl FnOnce(&mut Random) -> Value) -> Post {
        let drawn = self.random.share() * self.shares.last().copied().unwrap_or(1.0);
        let language = self.shares.partition_point(|&sum| sum < drawn).min(SCRIPTS.len() - 1);
        let text = self.text(language);
        let mut length = text.len();
        let lang = self.languages[language].lang;
        let mut record = json!({ "$type": "app.bsky.feed.post", "text": text, "createdAt": at, "langs": [lang] });
        if self.random.chance(0.45) {
            record["reply"] = reply(&mut self.random);
        }
        if self.random.chance(0.1) {
            record["tags"] =
                json!([self.text(language).chars().take(12).collect::<String>().replace(' ', "")]);
        }
        match self.random.below(20) {
            0..5 => {
                let alt = if self.random.chance(0.3) { self.text(language) } else { String::new() };
                length += alt.len();
                record["embed"] = json!({ "$type": "app.bsky.embed.images", "images": [{ "alt": alt, "image": {
                    "$type": "blob", "mimeType": "image/jpeg", "size": 100_000,
                    "ref": { "$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m" },
                } }] });
            }
            5..7 => {
                let (host, page, title) =
                    (self.random.below(2_000), self.random.below(1_000_000), self.text(language));
                length += title.len();
                let external = json!({ "uri": format!("https://site{host}.example/{page}"), "title": title, "description": "" });
                record["embed"] =
                    json!({ "$type": "app.bsky.embed.external", "external": external });
            }
            _ => {}
        }
        Post { record, text: length }
    }
}

impl Script {
    fn words(&self, ranks: &Zipf, random: &mut Random) -> Words {
        let sets: Vec<Vec<char>> = self.letters.iter().map(|letters| alphabet(letters)).collect();
        let small = self.small.map(alphabet);
        let word = |rank: usize, random: &mut Random| -> String {
            if let Some(letters) = small.as_ref().filter(|_| rank <= SMALL) {
                return (0..=random.below(3)).map(|_| *random.pick(letters)).collect();
            }
            // Where a letter is a syllable or a word, words have one to three; else the common ones have two and the rare ones up to ten.
            let longest = if sets[0].len() > 100 { 2 } else { 2 + rank.ilog2() as usize / 2 };
            let length = 1 + random.below(longest) + usize::from(sets[0].len() <= 100);
            (0..length).map(|at| *random.pick(&sets[at % sets.len()])).collect()
        };
        let words = (0..WORDS).map(|rank| word(rank + 1, random)).collect();
        let behind = |random: &mut Random| {
            std::array::from_fn(|_| u16::try_from(ranks.draw(random)).unwrap_or_default())
        };
        let next = (0..WORDS).map(|_| behind(random)).collect();
        Words { lang: self.lang, words, next, space: self.space, length: self.length }
    }
}

/// From the first to the second when there are two, else these. Of the many thousands of Han and Hangul, people use some two thousand.
fn alphabet(letters: &str) -> Vec<char> {
    let listed: Vec<char> = letters.chars().collect();
    match listed[..] {
        [first, last] => {
            let all = (first..=last).count();
            (first..=last).step_by((all / 2_000).max(1)).collect()
        }
        _ => listed,
    }
}
