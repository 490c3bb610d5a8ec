//! [`Statement`]: the text of a request, put together from URL and body, and cut from its data.

use std::io::Read;

use super::body::BodyReader;
use crate::{
    exception::Exception,
    statement::{Shape, Whole, split},
};

/// How much of a body is read at once while the statement is still incomplete.
const READ_BYTES: usize = 16 << 10;

/// A statement, ready to be run.
pub enum Statement {
    /// An INSERT with data.
    Insert(Insert),
    /// Anything else.
    Whole {
        /// The text, up to `shape.end`.
        text: Vec<u8>,
        /// What is in it.
        shape: Whole,
    },
}

/// An INSERT and its data.
pub struct Insert {
    /// The statement without its FORMAT clause.
    pub head: Vec<u8>,
    /// The format of the data.
    pub format: String,
    /// The first bytes of the data.
    pub first: Vec<u8>,
    /// The rest of the data.
    pub rest: Option<BodyReader>,
}

impl Statement {
    /// The statement, when the URL alone tells what it is.
    pub fn from_url(query: &str, has_body: bool) -> Option<Self> {
        let mut text = query.as_bytes().to_vec();
        if has_body {
            text.push(b'\n');
        }
        match split(&text, !has_body) {
            shape @ Shape::InsertData { .. } => Some(Self::new(shape, text, None)),
            shape @ Shape::Whole(_) if !has_body => Some(Self::new(shape, text, None)),
            Shape::Whole(_) | Shape::InsertUndecided => None,
        }
    }

    /// The statement, with the body read as far as needed. Blocks.
    pub fn from_body(
        query: &str,
        mut body: BodyReader,
        query_bytes_max: usize,
    ) -> Result<Self, Exception> {
        let mut text = query.as_bytes().to_vec();
        if !text.is_empty() {
            text.push(b'\n');
        }
        let mut tried = 0;
        let shape = loop {
            let before = text.len();
            let broken = |error| Exception::broken_body(&error);
            (&mut body).take(READ_BYTES as u64).read_to_end(&mut text).map_err(broken)?;
            let complete = text.len() - before < READ_BYTES;
            // Looking again only when the text has doubled keeps this linear.
            if complete || text.len() >= 2 * tried {
                tried = text.len();
                let shape = split(&text, complete);
                if complete || matches!(shape, Shape::InsertData { .. }) {
                    break shape;
                }
            }
            if text.len() > query_bytes_max {
                return Err(Exception::syntax("Max query size exceeded"));
            }
        };
        Ok(Self::new(shape, text, Some(body)))
    }

    /// There is nothing but blanks and comments.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Whole { text, .. } if text.is_empty())
    }

    fn new(shape: Shape, mut text: Vec<u8>, rest: Option<BodyReader>) -> Self {
        match shape {
            Shape::InsertData { head_end, format, data_start } => {
                let first = text.split_off(data_start.min(text.len()));
                text.truncate(head_end);
                Self::Insert(Insert { head: text, format, first, rest })
            }
            Shape::Whole(shape) => {
                text.truncate(shape.end);
                Self::Whole { text, shape }
            }
            Shape::InsertUndecided => {
                let shape = Whole { end: text.len(), ..Whole::default() };
                Self::Whole { text, shape }
            }
        }
    }
}
