//! [`Sql`]: questions to the engine over its HTTP interface, as any analyst would ask them.

use std::time::Duration;

/// For one answer: a machine with many runs at once may be starved for seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A database of an engine.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    client: reqwest::Client,
    url: String,
    database: String,
}

impl Sql {
    pub(crate) fn new(url: String, database: String) -> Self {
        Self { client: client(), url, database }
    }

    /// Rows of texts, as TabSeparated has them; nothing we ask for holds a tab or a line break. Errors: what the engine says.
    pub(crate) async fn rows(&self, query: &str) -> Result<Vec<Vec<String>>, String> {
        let parameters = [("database", self.database.as_str()), ("default_format", "TabSeparated")];
        let url = url::Url::parse_with_params(&self.url, parameters).map_err(|e| e.to_string())?;
        let answer = self.client.post(url).body(query.to_owned()).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{status}: {}", text.lines().next().unwrap_or_default()));
        }
        let rows = text.lines().map(|line| line.split('\t').map(str::to_owned).collect());
        Ok(rows.collect())
    }
}

/// For everything on loopback.
pub(crate) fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().timeout(PATIENCE).build();
    client.unwrap_or_default()
}
