//! A yardstick for the search bench: the same posts and the same words in tantivy, asked for the same things.
//!
//! `cargo run --release` in this folder; FIREHOUSE_BENCH_POSTS sets how many. The index holds what that of firehouse does (words and runs
//! with their places, marks, authors) and nothing is stored beside the keys. One segment, since that is when it is fastest: it is not written
//! to while it is asked. Prints what it weighs and how long each kind of query takes until the keys of 25 posts are known.

#[path = "../../benches/search/figures.rs"]
mod figures;
#[path = "../../benches/search/posts.rs"]
mod posts;

use std::error::Error;
use std::time::Instant;

use firehouse_indexer::{PostVersion, post_text};
use firehouse_lexicon::to_dag_cbor;
use firehouse_sim::Random;
use firehouse_text::{Piece, mark, pairs, pieces};
use firehouse_types::{ActorId, Cid, Datetime, Rev, RkeyId};
use serde_json::json;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, WhitespaceTokenizer};
use tantivy::{Index, IndexSettings, Order, Searcher, TantivyDocument, Term};

use figures::{ACCOUNTS, DAYS, MS_PER_DAY, mib, now_ms, percentiles, ratio, wanted};
use posts::Posts;

type Failed = Box<dyn Error>;

const QUERIES: usize = 200;
const PAGE: usize = 25;

/// The columns of post_texts.
struct Fields {
    words: Field,
    /// Pairs of characters, one behind the other.
    runs: Field,
    marks: Field,
    author: Field,
    rkey: Field,
    sort_at: Field,
}

fn main() -> Result<(), Failed> {
    let (wanted, folder) = (wanted(), tempfile::tempdir()?);
    let (schema, fields) = schema();
    let index = Index::builder().schema(schema).settings(IndexSettings::default());
    let index = index.create_in_dir(folder.path())?;
    let words = TextAnalyzer::builder(WhitespaceTokenizer::default()).build();
    index.tokenizers().register("words", words);
    let (mut posts, began) = (Posts::new(1), Instant::now());
    let raw = write(&index, &fields, &mut posts, wanted)?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{wanted} posts, {} of text, written in {seconds:.0} s", mib(raw));
    let bytes = index.reader()?.searcher().space_usage()?.total().get_bytes();
    println!("index {}, {}", mib(bytes), ratio(bytes, raw));
    let searcher = index.reader()?.searcher();
    for (name, newest_first, make) in KINDS {
        measure(&searcher, &fields, &posts, name, newest_first, make)?;
    }
    Ok(())
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let placed = TextFieldIndexing::default()
        .set_tokenizer("words")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let placed = TextOptions::default().set_indexing_options(placed);
    let fields = Fields {
        words: schema.add_text_field("words", placed.clone()),
        runs: schema.add_text_field("runs", placed),
        marks: schema.add_text_field("marks", STRING),
        author: schema.add_u64_field("author", INDEXED | FAST),
        rkey: schema.add_u64_field("rkey", FAST),
        sort_at: schema.add_i64_field("sort_at", INDEXED | FAST),
    };
    (schema.build(), fields)
}

/// Writes them, oldest first, and makes them one segment. Returns how long their texts are.
fn write(index: &Index, fields: &Fields, posts: &mut Posts, wanted: usize) -> Result<u64, Failed> {
    let mut writer = index.writer_with_num_threads(2, 1 << 30)?;
    let (mut random, mut raw) = (Random::new(2), 0);
    let span_ms = DAYS * MS_PER_DAY;
    let (start, step) = (now_ms() - span_ms, span_ms / i64::try_from(wanted)?);
    for n in 0..wanted {
        let at = Datetime::from_ms(start + step * i64::try_from(n)?);
        let answered = |_: &mut Random| {
            let uri = format!("at://did:plc:{:a>24}/app.bsky.feed.post/3kabcdefghi2a", "");
            let parent = json!({ "uri": uri, "cid": Cid::dag_cbor([0; 32]).to_string() });
            json!({ "root": parent, "parent": parent })
        };
        let post = posts.draw(&at.to_string(), answered);
        raw += post.text as u64;
        let (author, rkey) = (random.below(ACCOUNTS) as u64, n as u64);
        let version = PostVersion {
            sort_at: at,
            actor: ActorId::from(author),
            rkey: RkeyId::from(rkey),
            rev: Rev::from(0),
        };
        let text = post_text(version, &to_dag_cbor(&post.record)?).map_err(|e| e.as_str())?;
        let mut document = TantivyDocument::default();
        document.add_text(fields.words, &text.words);
        document.add_text(fields.runs, paired(&text.runs));
        text.marks.iter().for_each(|mark| document.add_text(fields.marks, mark));
        document.add_u64(fields.author, author);
        document.add_u64(fields.rkey, rkey);
        document.add_i64(fields.sort_at, at.ms());
        writer.add_document(document)?;
    }
    writer.commit()?;
    let segments = index.searchable_segment_ids()?;
    if segments.len() > 1 {
        writer.merge(&segments).wait()?;
    }
    writer.wait_merging_threads()?;
    Ok(raw)
}

/// The pairs of each run, with something between two runs that no phrase has.
fn paired(runs: &str) -> String {
    let pairs_of = |run| pairs(run).collect::<Vec<_>>().join(" ");
    runs.split_terminator(' ').map(pairs_of).collect::<Vec<_>>().join(" . ")
}

/// Makes one query of a kind.
type Make = fn(&Fields, &Posts, &mut Random) -> Vec<Box<dyn Query>>;

/// As in the search bench, by name, whether the newest come first or those that are most about it, and how.
const KINDS: [(&str, bool, Make); 6] = [
    ("one rare word", true, |fields, posts, random| {
        text(fields, word(posts, 5_000..60_000, random))
    }),
    ("two common words", true, |fields, posts, random| {
        let mut both = text(fields, word(posts, 0..30, random));
        both.extend(text(fields, word(posts, 0..30, random)));
        both
    }),
    ("a CJK phrase", true, |fields, posts, random| {
        let rank = random.below(300);
        text(fields, &posts.phrase(1, rank, random))
    }),
    ("a phrase with filters", true, |fields, posts, random| {
        let rank = random.below(100);
        let mut all = text(fields, &posts.phrase(0, rank, random));
        all.push(term(Term::from_field_text(fields.marks, "lang:en")));
        all.push(term(Term::from_field_text(fields.marks, mark::HAS_MEDIA)));
        let reply = term(Term::from_field_text(fields.marks, mark::IS_REPLY));
        let all = all.into_iter().map(|part| (Occur::Must, part));
        vec![Box::new(BooleanQuery::new(all.chain([(Occur::MustNot, reply)]).collect()))]
    }),
    ("from: with words", true, |fields, posts, random| {
        let author = random.below(ACCOUNTS) as u64;
        let mut all = text(fields, word(posts, 0..30, random));
        all.push(term(Term::from_field_u64(fields.author, author)));
        all
    }),
    ("top over 24 h", false, |fields, posts, random| {
        let since = Term::from_field_i64(fields.sort_at, now_ms() - MS_PER_DAY);
        let mut all = text(fields, word(posts, 0..300, random));
        all.push(Box::new(RangeQuery::new(
            std::ops::Bound::Included(since),
            std::ops::Bound::Unbounded,
        )));
        all
    }),
];

fn word<'a>(posts: &'a Posts, ranks: std::ops::Range<usize>, random: &mut Random) -> &'a str {
    &posts.languages[0].words[ranks.start + random.below(ranks.len())]
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

/// What a word or a phrase asks for.
fn text(fields: &Fields, text: &str) -> Vec<Box<dyn Query>> {
    let side_by_side = |field, words: Vec<String>| -> Box<dyn Query> {
        let mut terms: Vec<_> =
            words.iter().map(|word| Term::from_field_text(field, word)).collect();
        match terms.pop() {
            Some(only) if terms.is_empty() => term(only),
            last => Box::new(PhraseQuery::new(terms.into_iter().chain(last).collect())),
        }
    };
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(words) => side_by_side(fields.words, words),
            Piece::Run(run) => side_by_side(fields.runs, pairs(&run).collect()),
        })
        .collect()
}

fn measure(
    searcher: &Searcher,
    fields: &Fields,
    posts: &Posts,
    name: &str,
    newest_first: bool,
    make: Make,
) -> Result<(), Failed> {
    let (mut random, mut times, mut found) = (Random::new(3), Vec::new(), 0);
    for n in 0..QUERIES + 20 {
        let all = make(fields, posts, &mut random);
        let began = Instant::now();
        let query = BooleanQuery::intersection(all);
        let page = TopDocs::with_limit(PAGE);
        let documents: Vec<_> = if newest_first {
            let newest = page.order_by_fast_field::<i64>("sort_at", Order::Desc);
            searcher.search(&query, &newest)?.into_iter().map(|(_, document)| document).collect()
        } else {
            searcher
                .search(&query, &page.order_by_score())?
                .into_iter()
                .map(|(_, document)| document)
                .collect()
        };
        let mut keys = Vec::new();
        for document in documents {
            let columns = searcher.segment_reader(document.segment_ord).fast_fields();
            let author = columns.u64("author")?.first(document.doc_id);
            keys.push((author, columns.u64("rkey")?.first(document.doc_id)));
        }
        if n >= 20 {
            times.push(began.elapsed());
            found += keys.len();
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let found = found as f64 / QUERIES as f64;
    println!("{name:24} {}   {found:.1} found", percentiles(times));
    Ok(())
}
