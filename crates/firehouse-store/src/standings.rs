//! How accounts stand with those who follow, worked out in the store from time to time, and the best names of each beginning with it.
//!
//! A rank as in PageRank: an account shares what it has among those it follows, in ten rounds, where rings of accounts that follow one
//! another and followers that were bought weigh little (`standings/fill_round.sql`). Everything is made in tables beside the ones that are
//! read, whose rows are then replaced at once. The work is cut into steps; one that was cut off is done again from its own beginning.

use crate::{Store, StoreError};

/// More change the order no more: each leaves 0.85 of the difference.
const ROUNDS: u8 = 10;
/// Longest beginnings with a list of their own. Units: characters.
const BEGINNING_CHARS_MAX: u8 = 16;
/// Names that a search reads of one beginning, whatever their order. Of beginnings with more there is a list of the best.
pub(crate) const NAMES_READ: u32 = 500;
/// Accounts in such a list: so many whose word goes on, and so many whose word it is.
const BEST_KEPT: u32 = 200;

/// The steps that are taken after the rounds.
const STANDINGS: u8 = ROUNDS + 1;
const NAMES: u8 = STANDINGS + 1;
const SHOWN: u8 = NAMES + BEGINNING_CHARS_MAX + 1;
const DROPPED: u8 = SHOWN + 1;

/// Tables that are needed meanwhile.
const MEANWHILE: [&str; 5] = [
    "standings_next",
    "ranked_names_next",
    "best_names_next",
    "standing_follows",
    "standing_ranks",
];

/// How many steps there are, which are numbered from 0.
pub const STANDING_STEPS: u8 = DROPPED + 1;

impl Store {
    /// When the standings were worked out that are there. Units: microseconds since 1970. Errors: [`StoreError::Read`].
    pub async fn standings_computed_at(&self) -> Result<Option<u64>, StoreError> {
        let query = self.client().query(include_str!("standings/computed_at.sql"));
        let computed_at = query.fetch_optional::<u64>().await;
        computed_at.map_err(|source| StoreError::Read { query: "computed_at", source })
    }

    /// Works out the standing of every account from all follows, all steps at once. Errors: [`StoreError::Derive`]; calling again is safe.
    pub async fn rank_accounts(&self, computed_at: u64) -> Result<(), StoreError> {
        for step in 0..STANDING_STEPS {
            self.rank_step(step, computed_at).await?;
        }
        Ok(())
    }

    /// One step of [`Store::rank_accounts`], behind those before it. Takes long, two threads and a bounded part of memory; what is read meanwhile is as it was before. `computed_at`: when the first step was taken.
    /// Units: microseconds since 1970. Errors: [`StoreError::Derive`]; calling again is safe.
    pub async fn rank_step(&self, step: u8, computed_at: u64) -> Result<(), StoreError> {
        let run = |table, sql| self.derive(table, sql, &[]);
        match step {
            0 => {
                run("standing_follows", include_str!("standings/create_follows.sql")).await?;
                run("standing_follows", include_str!("standings/fill_follows.sql")).await?;
                run("standing_ranks", include_str!("standings/create_ranks.sql")).await
            }
            1..=ROUNDS => {
                let drop = include_str!("standings/drop_round.sql");
                let number = [("round", u64::from(step))];
                self.derive("standing_ranks", drop, &number).await?;
                let fill = include_str!("standings/fill_round.sql");
                self.derive("standing_ranks", fill, &number).await?;
                // The round before it is needed until this one is saved to be done.
                let before = [("round", u64::from(step.saturating_sub(2)))];
                self.derive("standing_ranks", drop, &before).await
            }
            STANDINGS => {
                run("standings_next", include_str!("standings/begin_standings.sql")).await?;
                run("best_names_next", include_str!("standings/begin_best_names.sql")).await?;
                let last = [("round", u64::from(ROUNDS)), ("computed_at", computed_at)];
                let fill = include_str!("standings/fill_standings.sql");
                self.derive("standings_next", fill, &last).await
            }
            NAMES => {
                run("ranked_names_next", include_str!("standings/begin_ranked_names.sql")).await?;
                run("ranked_names_next", include_str!("standings/fill_ranked_names.sql")).await
            }
            SHOWN => self.show_standings().await,
            DROPPED.. => self.drop_meanwhile().await,
            _beginnings => {
                let length = u64::from(step.saturating_sub(NAMES));
                let drop = include_str!("standings/drop_beginnings.sql");
                self.derive("best_names_next", drop, &[("length", length)]).await?;
                let bounds = [
                    ("length", length),
                    ("shared", u64::from(NAMES_READ)),
                    ("kept", u64::from(BEST_KEPT)),
                ];
                let fill = include_str!("standings/fill_best_names.sql");
                self.derive("best_names_next", fill, &bounds).await
            }
        }
    }

    /// Puts what was made in the place of what is read.
    async fn show_standings(&self) -> Result<(), StoreError> {
        for (table, sql) in [
            ("best_names", include_str!("standings/swap_best_names.sql")),
            ("ranked_names", include_str!("standings/swap_ranked_names.sql")),
            // They come last: they say that all of it is there.
            ("standings", include_str!("standings/swap_standings.sql")),
        ] {
            self.derive(table, sql, &[]).await?;
        }
        Ok(())
    }

    async fn drop_meanwhile(&self) -> Result<(), StoreError> {
        for table in MEANWHILE {
            let query = self.client().query(include_str!("standings/drop.sql"));
            let dropped = query.param("table", table).execute().await;
            dropped.map_err(|source| StoreError::Derive { table, source })?;
        }
        Ok(())
    }

    async fn derive(
        &self,
        table: &'static str,
        sql: &'static str,
        numbers: &[(&str, u64)],
    ) -> Result<(), StoreError> {
        let query = self.client().query(sql);
        let query = numbers.iter().fold(query, |query, (name, value)| query.param(name, value));
        query.execute().await.map_err(|source| StoreError::Derive { table, source })
    }
}
