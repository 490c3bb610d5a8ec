//! [`Session`]: the database and settings one request runs with.
//!
//! A connection is opened for one session and serves only requests of an equal one, so that the
//! settings of a request can never reach another. They go to the engine as `--name=value`
//! arguments of the connection: no SQL is built from them, and limits and `readonly` hold for
//! every statement of the connection.

use std::collections::BTreeMap;

use crate::exception::Exception;

/// The database and settings one request runs with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Session {
    /// The database that unqualified names are looked up in.
    pub database: Option<String>,
    /// Query settings, the defaults of the configuration included.
    pub settings: BTreeMap<String, String>,
}

impl Session {
    /// The arguments of a connection to the data directory `path` for this session.
    pub(crate) fn arguments(&self, path: &str) -> Vec<String> {
        let settings = self.settings.iter().map(|(name, value)| format!("--{name}={value}"));
        std::iter::once(format!("--path={path}")).chain(settings).collect()
    }

    /// The statement that selects the database, if one is named.
    pub(crate) fn use_statement(&self) -> Option<String> {
        self.database.as_deref().map(|name| format!("USE {}", quoted(name, '`')))
    }

    /// Statements that apply the settings one by one: run for their error message, once the
    /// engine has refused the connection without saying which setting it dislikes.
    pub(crate) fn set_statements(&self) -> impl Iterator<Item = String> {
        self.settings.iter().map(|(name, value)| format!("SET {name} = {}", quoted(value, '\'')))
    }
}

/// Quotes a name or a text for SQL.
fn quoted(text: &str, quote: char) -> String {
    let mut sql = String::with_capacity(text.len() + 2);
    sql.push(quote);
    for character in text.chars() {
        if character == quote || character == '\\' {
            sql.push('\\');
        }
        sql.push(character);
    }
    sql.push(quote);
    sql
}

/// Refuses what is not a setting of the engine, as ClickHouse does.
pub(crate) fn unknown_setting(name: &str) -> Exception {
    let text = format!(
        "Setting {name} is neither a builtin setting nor started with the prefix 'SQL_' \
         registered for user-defined settings"
    );
    Exception::new(115, "UNKNOWN_SETTING", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_cannot_leave_their_quotes() {
        assert_eq!(quoted("a`; DROP TABLE t", '`'), "`a\\`; DROP TABLE t`");
        assert_eq!(quoted("\\' OR 1", '\''), "'\\\\\\' OR 1'");
    }
}
