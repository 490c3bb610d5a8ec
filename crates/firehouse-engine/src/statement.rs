//! [`split`]: where a statement's FORMAT clause stands, and where the data of an INSERT begins.
//!
//! ClickHouse reads a request as one text: the `query` of the URL, a line break, the body. For an
//! INSERT the tail of that text is data, in any format, so the text must be cut before the engine
//! may see it; for a query the output has to be directed into a pipe, before its FORMAT clause.
//! This is a lexer, not a parser: whether a statement makes sense is for the engine to say.
//! Source: `src/Parsers/Lexer.cpp` and `ParserInsertQuery.cpp` of ClickHouse.

use crate::lexer::{Lexer, Token, TokenKind};

/// What a text is, as far as the server must know before it runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An INSERT whose data follows.
    InsertData {
        /// The statement ends here, before its FORMAT or VALUES clause.
        head_end: usize,
        /// The name of the input format.
        format: String,
        /// The data begins here.
        data_start: usize,
    },
    /// An INSERT that may or may not have data: the text stops too early to know.
    InsertUndecided,
    /// Any other statement, or an INSERT … SELECT.
    Whole(Whole),
}

/// A statement without data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whole {
    /// The statement ends here: before closing semicolons, blanks and comments.
    pub end: usize,
    /// Its FORMAT clause starts here.
    pub format_start: Option<usize>,
    /// The name in that clause.
    pub format: Option<String>,
    /// It asks to write into a file.
    pub into_outfile: bool,
    /// It asks to read from a file.
    pub from_infile: bool,
    /// It reads from the table function `input`, so its data would have to follow.
    pub from_input: bool,
    /// More text follows a semicolon.
    pub several: bool,
}

/// Cuts `text`. `complete` says that no more of it will come.
pub fn split(text: &[u8], complete: bool) -> Shape {
    let tokens: Vec<Token> = Lexer::new(text).collect();
    if tokens.first().is_some_and(|token| token.is_word(text, "INSERT")) {
        insert(text, &tokens, complete)
    } else {
        Shape::Whole(whole(text, &tokens))
    }
}

/// Finds the clause of an INSERT that ends its head.
fn insert(text: &[u8], tokens: &[Token], complete: bool) -> Shape {
    let word = |at: usize, name: &str| tokens.get(at).is_some_and(|t| t.is_word(text, name));
    // INSERT INTO [TABLE] name: a table may well be called `format` or `values`.
    let mut at = 1;
    if word(at, "INTO") {
        at += 1;
    }
    if word(at, "TABLE") || word(at, "FUNCTION") {
        at += 1;
    }
    at += 1;
    while tokens.get(at).is_some_and(|token| token.kind == TokenKind::Dot) {
        at += 2;
    }
    while let Some(token) = tokens.get(at) {
        if token.depth > 0 {
            // `INSERT INTO t (SELECT …)` has no data either.
            let opens = tokens.get(at - 1).is_some_and(|before| before.kind == TokenKind::Open);
            if token.depth == 1 && opens && (word(at, "SELECT") || word(at, "WITH")) {
                return Shape::Whole(whole(text, tokens));
            }
        } else if word(at, "SELECT") || word(at, "WITH") || word(at, "WATCH") || word(at, "FROM") {
            return Shape::Whole(whole(text, tokens));
        } else if word(at, "VALUES") {
            return Shape::InsertData {
                head_end: token.start,
                format: "Values".to_owned(),
                data_start: token.end,
            };
        } else if word(at, "FORMAT") {
            return format_clause(text, tokens, at, complete);
        }
        at += 1;
    }
    if complete { Shape::Whole(whole(text, tokens)) } else { Shape::InsertUndecided }
}

/// `FORMAT name`, blanks up to the end of its line, data.
fn format_clause(text: &[u8], tokens: &[Token], at: usize, complete: bool) -> Shape {
    let (Some(clause), Some(name)) = (tokens.get(at), tokens.get(at + 1)) else {
        return if complete { Shape::Whole(whole(text, tokens)) } else { Shape::InsertUndecided };
    };
    // The name, or the line break behind it, may still be on its way.
    let after = text.get(name.end..).unwrap_or_default();
    let blanks = after.iter().take_while(|b| matches!(b, b' ' | b'\t' | 0x0c)).count();
    let mut data_start = name.end + blanks;
    let rest = after.get(blanks..).unwrap_or_default();
    if !complete && (rest.is_empty() || rest == b"\r") {
        return Shape::InsertUndecided;
    }
    if rest.starts_with(b"\r\n") {
        data_start += 2;
    } else if rest.starts_with(b"\n") {
        data_start += 1;
    }
    match name.word(text) {
        Some(format) => {
            Shape::InsertData { head_end: clause.start, format: format.to_owned(), data_start }
        }
        None => Shape::Whole(whole(text, tokens)),
    }
}

/// Looks for what matters in a statement without data.
fn whole(text: &[u8], tokens: &[Token]) -> Whole {
    let is_semicolon = |token: &Token| token.kind == TokenKind::Semicolon;
    let closing = tokens.iter().rev().take_while(|token| is_semicolon(token)).count();
    let tokens = tokens.get(..tokens.len() - closing).unwrap_or_default();
    let mut found = Whole {
        end: tokens.last().map_or(0, |token| token.end),
        several: tokens.iter().any(is_semicolon),
        ..Whole::default()
    };
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let followed_by = |word: &str| next.is_some_and(|token| token.is_word(text, word));
        found.into_outfile |= token.is_word(text, "INTO") && followed_by("OUTFILE");
        let called = next.is_some_and(|token| token.kind == TokenKind::Open);
        found.from_input |= token.is_word(text, "input") && called;
        found.from_infile |= token.is_word(text, "FROM") && followed_by("INFILE");
        // FORMAT is no reserved word. It opens the clause when a name follows it, nothing but
        // settings follow the name, and the token before it cannot be waiting for an operand.
        let clause = token.depth == 0
            && token.is_word(text, "FORMAT")
            && at
                .checked_sub(1)
                .and_then(|before| tokens.get(before))
                .is_some_and(|t| t.ends_operand(text))
            && tokens
                .get(at + 2)
                .is_none_or(|t| t.is_word(text, "SETTINGS") || t.is_word(text, "INTO"));
        if clause && let Some(name) = next.and_then(|t| t.word(text)) {
            found.format_start = Some(token.start);
            found.format = Some(name.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_insert(text: &str, head: &str, format: &str, data: &str) {
        let Shape::InsertData { head_end, format: found, data_start } =
            split(text.as_bytes(), true)
        else {
            panic!("{text} is not seen as an INSERT with data");
        };
        assert_eq!((&text[..head_end], found.as_str(), &text[data_start..]), (head, format, data));
    }

    fn check_whole(text: &str, statement: &str, format: Option<&str>) {
        let Shape::Whole(whole) = split(text.as_bytes(), true) else { panic!("{text} has data") };
        assert_eq!((&text[..whole.end], whole.format.as_deref()), (statement, format));
    }

    #[test]
    fn the_data_of_an_insert_begins_behind_its_format_or_values() {
        check_insert("INSERT INTO t FORMAT CSV\n1,2\n", "INSERT INTO t ", "CSV", "1,2\n");
        check_insert("insert into t format TSV  \r\n\n1", "insert into t ", "TSV", "\n1");
        check_insert(
            "INSERT INTO d.t (a, b) VALUES (1, ';')",
            "INSERT INTO d.t (a, b) ",
            "Values",
            " (1, ';')",
        );
        check_insert(
            "/* c */ INSERT INTO t SETTINGS a=1 FORMAT RowBinary\n",
            "/* c */ INSERT INTO t SETTINGS a=1 ",
            "RowBinary",
            "",
        );
        check_insert(
            "INSERT INTO FUNCTION null('a Int8') FORMAT CSV 1",
            "INSERT INTO FUNCTION null('a Int8') ",
            "CSV",
            "1",
        );
    }

    #[test]
    fn names_that_look_like_clauses_are_names() {
        check_insert("INSERT INTO format FORMAT CSV\n", "INSERT INTO format ", "CSV", "");
        check_insert(
            "INSERT INTO `values`.`format` (`VALUES`) VALUES (1)",
            "INSERT INTO `values`.`format` (`VALUES`) ",
            "Values",
            " (1)",
        );
        check_whole("SELECT format FROM t", "SELECT format FROM t", None);
        check_whole("SELECT a, format x", "SELECT a, format x", None);
        check_whole("SELECT 'x FORMAT CSV'", "SELECT 'x FORMAT CSV'", None);
    }

    #[test]
    fn an_insert_select_has_no_data() {
        check_whole("INSERT INTO t SELECT 1", "INSERT INTO t SELECT 1", None);
        check_whole("INSERT INTO t (a) SELECT 1", "INSERT INTO t (a) SELECT 1", None);
        check_whole("INSERT INTO t (SELECT 1)", "INSERT INTO t (SELECT 1)", None);
    }

    #[test]
    fn a_query_ends_before_semicolons_and_comments() {
        check_whole("SELECT 1 FORMAT JSON ; -- done", "SELECT 1 FORMAT JSON", Some("JSON"));
        check_whole("SELECT 1 -- FORMAT CSV", "SELECT 1", None);
        check_whole(
            "SELECT (1) FORMAT TSV SETTINGS a = 1;",
            "SELECT (1) FORMAT TSV SETTINGS a = 1",
            Some("TSV"),
        );
        check_whole("", "", None);
    }

    #[test]
    fn several_statements_and_files_are_noticed() {
        let whole = |text: &str| match split(text.as_bytes(), true) {
            Shape::Whole(whole) => whole,
            other => panic!("{other:?}"),
        };
        assert!(whole("SELECT 1; DROP TABLE t").several);
        assert!(!whole("SELECT ';';").several);
        assert!(whole("SELECT 1 INTO /**/ OUTFILE 'f'").into_outfile);
        assert!(whole("INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV\n1").from_input);
        assert!(!whole("SELECT input FROM t").from_input);
        assert!(whole("INSERT INTO t FROM INFILE 'f' FORMAT CSV").from_infile);
    }

    #[test]
    fn a_text_that_stops_too_early_is_undecided_until_it_is_complete() {
        let undecided = [
            "INSERT INTO t",
            "INSERT INTO t FORMAT",
            "INSERT INTO t FORMAT Row",
            "INSERT INTO t FORMAT CSV  \r",
        ];
        for text in undecided {
            assert_eq!(split(text.as_bytes(), false), Shape::InsertUndecided, "{text}");
        }
        check_insert("INSERT INTO t FORMAT Row", "INSERT INTO t ", "Row", "");
    }
}
