//! [`Lexer`]: ClickHouse SQL as tokens, on bytes, because INSERT data need not be UTF-8.
//!
//! Source: `src/Parsers/Lexer.cpp` of ClickHouse.

/// One token and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte behind it.
    pub end: usize,
    /// How many brackets are open around it; an opening bracket stands outside of itself.
    pub depth: usize,
}

/// What the server needs to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A bare word: keyword or identifier.
    Word,
    /// A quoted identifier, a string, a number or a heredoc.
    Literal,
    /// `(`, `[` or `{`.
    Open,
    /// `)`, `]` or `}`.
    Close,
    /// `.`
    Dot,
    /// `;`
    Semicolon,
    /// Anything else, such as an operator or a comma.
    Other,
}

/// Words that expect an operand behind them: what follows is a name, not a clause.
const WAITING: [&str; 22] = [
    "SELECT", "DISTINCT", "WHERE", "PREWHERE", "HAVING", "QUALIFY", "BY", "AND", "OR", "NOT", "IN",
    "LIKE", "ILIKE", "BETWEEN", "AS", "FROM", "JOIN", "ON", "THEN", "ELSE", "WHEN", "TABLE",
];

impl Token {
    /// The token is this keyword, in any case, unquoted.
    pub fn is_word(&self, text: &[u8], word: &str) -> bool {
        self.kind == TokenKind::Word
            && text
                .get(self.start..self.end)
                .is_some_and(|t| t.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// The token as a bare word of ASCII letters, digits and underscores.
    pub fn word<'text>(&self, text: &'text [u8]) -> Option<&'text str> {
        (self.kind == TokenKind::Word)
            .then(|| text.get(self.start..self.end))
            .flatten()
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The token can be the last one of an expression.
    pub fn ends_operand(&self, text: &[u8]) -> bool {
        match self.kind {
            TokenKind::Word => !WAITING.iter().any(|word| self.is_word(text, word)),
            TokenKind::Literal | TokenKind::Close => true,
            TokenKind::Other => text.get(self.start..self.end) == Some(b"*"),
            TokenKind::Open | TokenKind::Dot | TokenKind::Semicolon => false,
        }
    }
}

/// Cuts a text into tokens; blanks and comments are left out.
pub struct Lexer<'text> {
    text: &'text [u8],
    at: usize,
    depth: usize,
}

impl<'text> Lexer<'text> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'text [u8]) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn rest(&self) -> &'text [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips blanks and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
            let rest = rest.get(blanks..).unwrap_or_default();
            let line =
                rest.starts_with(b"--") || rest.starts_with(b"# ") || rest.starts_with(b"#!");
            let comment = if line {
                rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
            } else if rest.starts_with(b"/*") {
                find(rest.get(2..).unwrap_or_default(), b"*/").map_or(rest.len(), |end| end + 4)
            } else {
                0
            };
            self.at += blanks + comment;
            if comment == 0 {
                return;
            }
        }
    }

    /// The length and kind of the token at the cursor.
    fn measure(&self, first: u8) -> (TokenKind, usize) {
        let rest = self.rest();
        match first {
            b'\'' | b'"' | b'`' => (TokenKind::Literal, quoted(rest, first)),
            b'$' => heredoc(rest).map_or((TokenKind::Other, 1), |end| (TokenKind::Literal, end)),
            b'(' | b'[' | b'{' => (TokenKind::Open, 1),
            b')' | b']' | b'}' => (TokenKind::Close, 1),
            b';' => (TokenKind::Semicolon, 1),
            b'.' => (TokenKind::Dot, 1),
            b'0'..=b'9' => (TokenKind::Literal, word_length(rest)),
            byte if is_word_byte(byte) => (TokenKind::Word, word_length(rest)),
            _ => (TokenKind::Other, 1),
        }
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip();
        let first = *self.rest().first()?;
        let (kind, length) = self.measure(first);
        let start = self.at;
        self.at += length;
        if kind == TokenKind::Close {
            self.depth = self.depth.saturating_sub(1);
        }
        let depth = self.depth;
        if kind == TokenKind::Open {
            self.depth += 1;
        }
        Some(Token { kind, start, end: self.at, depth })
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn word_length(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| is_word_byte(**byte)).count()
}

/// The length of a quoted token: a backslash escapes, a doubled quote is a quote.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        if *byte == b'\\' {
            at += 2;
        } else if *byte == quote {
            if rest.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `$tag$ … $tag$`, when that is what stands here.
fn heredoc(rest: &[u8]) -> Option<usize> {
    let tag =
        rest.get(1..)?.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let mark = rest.get(..tag + 2).filter(|mark| mark.last() == Some(&b'$'))?;
    find(rest.get(mark.len()..)?, mark).map(|at| at + 2 * mark.len())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let tokens: Vec<&str> =
            Lexer::new(text.as_bytes()).map(|token| &text[token.start..token.end]).collect();
        assert_eq!(tokens, expected, "{text}");
    }

    #[test]
    fn quotes_comments_and_heredocs_hide_what_is_in_them() {
        check(
            "SELECT 'a;\\'b', \"c;\" -- ;\n, `d;`",
            &["SELECT", "'a;\\'b'", ",", "\"c;\"", ",", "`d;`"],
        );
        check("1 /* ; */ + # x\n 2 #!y", &["1", "+", "2"]);
        check("'it''s;' $x$ ;' $x$ ;", &["'it''s;'", "$x$ ;' $x$", ";"]);
    }

    #[test]
    fn what_is_never_closed_reaches_to_the_end() {
        check("a 'b", &["a", "'b"]);
        check("a /* b", &["a"]);
        check("'\\", &["'\\"]);
    }

    #[test]
    fn brackets_are_counted_and_never_below_zero() {
        let depths: Vec<usize> = Lexer::new(b"a) (b[c]) d").map(|token| token.depth).collect();
        assert_eq!(depths, [0, 0, 0, 1, 1, 2, 1, 0, 0]);
    }
}
