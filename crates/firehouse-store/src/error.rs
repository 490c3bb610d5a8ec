//! [`StoreError`]: what went wrong with ClickHouse, and whether trying again can help.

use std::sync::Arc;

use clickhouse::error::Error;

/// A statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server did not answer `SELECT 1`.
    #[error("ClickHouse does not answer at {url}")]
    Ping {
        /// As configured.
        url: String,
        /// The client's error.
        source: Error,
    },
    /// A migration or a statement of the migrator failed.
    #[error("migration {version} ({name})")]
    Migrate {
        /// Its number; 0 for the migrator's own table.
        version: u32,
        /// Its name.
        name: &'static str,
        /// The client's error.
        source: Error,
    },
    /// The database was made by another build.
    #[error("schema is at version {found}, this build needs {needed}: {}", if found < needed { "run `firehouse migrate`" } else { "use a newer firehouse" })]
    SchemaVersion {
        /// The last migration applied.
        found: u32,
        /// The last migration this build has.
        needed: u32,
    },
    /// A migration that was applied no longer has the text it had then.
    #[error(
        "migration {version} ({name}) was changed after it was applied; migrations go forward only, add a new one instead"
    )]
    MigrationChanged {
        /// Its number.
        version: u32,
        /// Its name.
        name: &'static str,
    },
    /// Rows were not acknowledged. Inserting them again is safe: the highest rev wins.
    #[error("insert of {rows} rows into {table}")]
    Insert {
        /// The table.
        table: &'static str,
        /// How many.
        rows: usize,
        /// The client's error.
        source: Error,
    },
    /// Rows of deleted accounts, or of what is not kept, were not removed. Doing it again is safe.
    #[error("purge of {table}")]
    Purge {
        /// The table.
        table: &'static str,
        /// The client's error.
        source: Error,
    },
    /// A table that is derived from others was not made anew. Doing it again is safe.
    #[error("making {table} anew")]
    Derive {
        /// The table.
        table: &'static str,
        /// The client's error.
        source: Error,
    },
    /// A read query failed.
    #[error("query {query}")]
    Read {
        /// Name of its `.sql` file.
        query: &'static str,
        /// The client's error.
        source: Error,
    },
    /// A statement of several read queries failed, and with it each of them.
    #[error("queries {queries}")]
    ReadTogether {
        /// Names of their `.sql` files.
        queries: Arc<str>,
        /// The client's error.
        source: Arc<Error>,
    },
}

/// What a caller should do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The weather's fault: back off and do the same again.
    Retry,
    /// Ours: stop.
    Stop,
}

impl StoreError {
    /// Whether a search was given up for what it would have read or kept in memory.
    pub fn is_too_costly(&self) -> bool {
        let code = match self {
            Self::Read { source: Error::BadResponse(text), .. } => clickhouse_code(text),
            Self::ReadTogether { source, .. } => match &**source {
                Error::BadResponse(text) => clickhouse_code(text),
                _ => None,
            },
            _ => None,
        };
        matches!(code, Some(TIMEOUT_EXCEEDED | TOO_SLOW | MEMORY_LIMIT_EXCEEDED))
    }

    /// Whether the same call may work later.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::SchemaVersion { .. } | Self::MigrationChanged { .. } => Disposition::Stop,
            Self::Ping { source, .. }
            | Self::Migrate { source, .. }
            | Self::Insert { source, .. }
            | Self::Purge { source, .. }
            | Self::Derive { source, .. }
            | Self::Read { source, .. } => disposition_of(source),
            Self::ReadTogether { source, .. } => disposition_of(source),
        }
    }
}

fn disposition_of(error: &Error) -> Disposition {
    match error {
        Error::Network(_) | Error::TimedOut => Disposition::Retry,
        Error::BadResponse(text) => disposition_of_text(text),
        // The connection broke in the middle of an answer.
        Error::NotEnoughData | Error::Decompression(_) | Error::Other(_) => Disposition::Retry,
        _ => Disposition::Stop,
    }
}

fn disposition_of_text(text: &str) -> Disposition {
    match clickhouse_code(text) {
        // It will be tried again; whether it can work says the reason, which is quoted behind.
        Some(UNFINISHED) => text
            .rsplit_once("reason: ")
            .map_or(Disposition::Retry, |(_, reason)| disposition_of_text(reason)),
        Some(code) if is_passing(code) => Disposition::Retry,
        Some(_) => Disposition::Stop,
        // Not ClickHouse's own words: a proxy, or an engine that is just starting or ending.
        None => Disposition::Retry,
    }
}

/// A mutation has failed for one of its parts.
const UNFINISHED: u32 = 341;
const TIMEOUT_EXCEEDED: u32 = 159;
const TOO_SLOW: u32 = 160;
const MEMORY_LIMIT_EXCEEDED: u32 = 241;

/// ClickHouse's error number out of the text it arrives in: `Code: 241. DB::Exception: …`.
pub fn clickhouse_code(text: &str) -> Option<u32> {
    let digits = text.split_once("Code: ")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    digits.get(..end)?.parse().ok()
}

/// Codes that time or a restart can heal: time-outs, too many queries or parts, memory, disk space, files that cannot be written, damaged
/// parts that a start sets aside, read-only replicas, shutdown, Keeper.
#[rustfmt::skip] // a table
fn is_passing(code: u32) -> bool {
    matches!(
        code,
        3 | 75 | 76 | 77 | 88 | 159 | 160 | 164 | 172 | 202 | 203 | 204 | 209 | 210 | 225 | 236 | 241 | 242 | 243 | 246 | 252 | 279 | 294 | 319
            | 394 | 424 | 425 | 439 | 586 | 641 | 999
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_out_of_the_text() {
        let check = |text, expected| assert_eq!(clickhouse_code(text), expected, "{text}");
        check("Code: 241. DB::Exception: Memory limit exceeded (MEMORY_LIMIT_EXCEEDED)", Some(241));
        check("bad response: Code: 60. DB::Exception: Unknown table", Some(60));
        check("503 Service Unavailable", None);
        check("Code: ", None);
        check("Code: 99999999999999999999. DB::Exception", None);
    }

    #[test]
    fn memory_pressure_passes_and_an_unknown_table_does_not() {
        let check = |text: &str, expected| {
            assert_eq!(disposition_of(&Error::BadResponse(text.into())), expected, "{text}")
        };
        check("Code: 241. DB::Exception: Memory limit exceeded", Disposition::Retry);
        check("Code: 60. DB::Exception: Unknown table expression identifier", Disposition::Stop);
        check("Code: 75. DB::Exception: Cannot write to file, errno: 28", Disposition::Retry);
        check("upstream connect error", Disposition::Retry);
        let mutation = |reason| {
            format!(
                "Code: 341. DB::Exception: Exception happened during execution of mutation 'mutation_7.txt' with part 'all_1_2_1' reason: '{reason}'. This error maybe retryable or not."
            )
        };
        check(&mutation("Code: 243. DB::Exception: Cannot reserve 1.00 MiB"), Disposition::Retry);
        check(&mutation("Code: 60. DB::Exception: Unknown table"), Disposition::Stop);
    }
}
