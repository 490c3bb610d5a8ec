//! Compares the truth tables with the model, row by row.

use std::collections::{BTreeMap, BTreeSet};

use firehouse_types::{ActorId, RkeyId};

use crate::faults::fault::Ability;
use crate::model::{Model, Status};
use crate::run::options::RunOptions;
use crate::run::store::Sql;

/// What differs, one line each: where, what is there, what should be.
pub(crate) type Differences = Vec<String>;

/// Every table that holds truth. Errors: a question the store does not answer.
pub(crate) async fn tables(
    sql: &Sql,
    model: &Model,
    options: &RunOptions,
) -> Result<Differences, String> {
    let mut differences = accounts(sql, model, options).await?;
    let untold = untold(sql, model).await?;
    differences.extend(records(sql, model, &untold).await?);
    differences.extend(receipts(sql, model, &untold).await?);
    if options.can(Ability::Resync) {
        differences.extend(repos(sql, model).await?);
    }
    if options.can(Ability::Labels) {
        differences.extend(labels(sql, model).await?);
    }
    Ok(differences)
}

async fn accounts(sql: &Sql, model: &Model, options: &RunOptions) -> Result<Differences, String> {
    let rows = sql.rows(include_str!("accounts.sql")).await?;
    let found: BTreeMap<String, Vec<String>> =
        rows.into_iter().map(|mut row| (row.remove(0), row)).collect();
    let expected = model.accounts().iter().map(|(did, account)| {
        let status = match account.status {
            _ if !options.can(Ability::Statuses) => Status::Active,
            status => status,
        };
        let handle = match found.get(did).and_then(|row| row.first()) {
            Some(found) if account.may_go_by(found) => found.clone(),
            _ => account.handle.clone().unwrap_or_default(),
        };
        let columns =
            [handle, account.pds.clone(), account.key.clone(), status.as_str().to_owned()];
        (did.clone(), columns.to_vec())
    });
    Ok(differences("account", &expected.collect(), &found, |columns| columns.join(" ")))
}

/// Accounts whose records nobody can be asked for: of those deleted rows may still be there, hidden at once and removed within the day; of
/// those that are inactive some may be missing, when firehouse says so itself.
async fn untold(sql: &Sql, model: &Model) -> Result<BTreeSet<String>, String> {
    let in_step: BTreeSet<String> =
        sql.rows(include_str!("repos_in_step.sql")).await?.into_iter().flatten().collect();
    let is_untold = |did: &str, status: Status| match status {
        Status::Active => false,
        Status::Deleted => true,
        _ => !in_step.contains(&ActorId::of(did).get().to_string()),
    };
    let untold = model.accounts().iter().filter(|(did, account)| is_untold(did, account.status));
    Ok(untold.map(|(did, _)| did.clone()).collect())
}

async fn records(
    sql: &Sql,
    model: &Model,
    untold: &BTreeSet<String>,
) -> Result<Differences, String> {
    let rows = sql.rows(include_str!("records.sql")).await?;
    let found: BTreeMap<String, Vec<String>> = rows
        .into_iter()
        .filter(|row| !untold.contains(&row[0]))
        .map(|row| (row[..3].join(" "), row[3..].to_vec()))
        .collect();
    let mut names = BTreeMap::new();
    let expected: BTreeMap<String, Vec<String>> = model
        .records()
        .into_iter()
        .filter(|((did, _), _)| !untold.contains(*did))
        .map(|((did, path), record)| {
            let (collection, rkey) = path.split_once('/').unwrap_or((path, ""));
            let key = format!("{did} {collection} {}", RkeyId::of(rkey).get());
            names.insert(key.clone(), format!("{did} {path}"));
            let digest = data_encoding::HEXLOWER.encode(&record.digest);
            (key, vec![digest, "1".to_owned()])
        })
        .collect();
    let lines = differences("record", &expected, &found, |columns| columns.join(" "));
    let named = |line: String| {
        let name = names.iter().find(|(key, _)| line.contains(key.as_str()));
        name.map_or(line.clone(), |(key, name)| line.replace(key, name))
    };
    Ok(lines.into_iter().map(named).collect())
}

/// The same once more by count and digest, over the numbers of accounts, without any join.
async fn receipts(
    sql: &Sql,
    model: &Model,
    untold: &BTreeSet<String>,
) -> Result<Differences, String> {
    let rows = sql.rows(include_str!("receipts.sql")).await?;
    let names: BTreeMap<String, &String> =
        model.accounts().keys().map(|did| (ActorId::of(did).get().to_string(), did)).collect();
    let mut found = BTreeMap::new();
    for row in rows {
        let did = match names.get(&row[0]) {
            Some(did) if untold.contains(*did) => continue,
            Some(did) => (*did).clone(),
            None => row[0].clone(),
        };
        found.insert(format!("{did} {}", row[1]), row[2..].to_vec());
    }
    let told = model.receipts().into_iter().filter(|((did, _), _)| !untold.contains(*did));
    let expected = told.map(|((did, collection), receipt)| {
        let columns = vec![receipt.count.to_string(), receipt.digest.to_string()];
        (format!("{did} {collection}"), columns)
    });
    Ok(differences("receipt", &expected.collect(), &found, |columns| columns.join(" ")))
}

/// Whoever is active is in step.
async fn repos(sql: &Sql, model: &Model) -> Result<Differences, String> {
    let rows = sql.rows(include_str!("repos.sql")).await?;
    let active: BTreeMap<String, &String> = model
        .accounts()
        .iter()
        .filter(|(_, account)| account.status == Status::Active)
        .map(|(did, _)| (ActorId::of(did).get().to_string(), did))
        .collect();
    let out_of_step = rows.into_iter().filter_map(|row| {
        let did = active.get(&row[0])?;
        Some(format!("repo {did}: desynchronized ({})", row[1]))
    });
    Ok(out_of_step.collect())
}

async fn labels(sql: &Sql, model: &Model) -> Result<Differences, String> {
    let rows = sql.rows(include_str!("labels.sql")).await?;
    let found: BTreeMap<String, Vec<String>> =
        rows.into_iter().map(|row| (row[..4].join(" "), row[4..].to_vec())).collect();
    let expected = model.labels().iter().map(|(key, truth)| {
        let cid = key.cid.clone().unwrap_or_default();
        let neg = if truth.neg { "1" } else { "0" };
        let exp = truth.exp.clone().unwrap_or_default();
        let name = format!("{} {} {} {cid}", key.src, key.uri, key.val);
        (name, vec![neg.to_owned(), truth.cts.clone(), exp])
    });
    Ok(differences("label", &expected.collect(), &found, |columns| columns.join(" ")))
}

/// What is missing, what is too much, and what is other.
fn differences<V: PartialEq>(
    what: &str,
    expected: &BTreeMap<String, V>,
    found: &BTreeMap<String, V>,
    show: impl Fn(&V) -> String,
) -> Differences {
    let mut lines = Vec::new();
    for (key, expected) in expected {
        match found.get(key) {
            None => lines.push(format!("{what} {key}: missing, should be [{}]", show(expected))),
            Some(found) if found != expected => lines.push(format!(
                "{what} {key}: is [{}], should be [{}]",
                show(found),
                show(expected)
            )),
            Some(_) => {}
        }
    }
    for (key, found) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        lines.push(format!("{what} {key}: is [{}], should not be there", show(found)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_other_or_too_much_is_named() {
        let map = |rows: &[(&str, u8)]| rows.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        let (expected, found) =
            (map(&[("a", 1), ("b", 2), ("c", 3)]), map(&[("a", 1), ("b", 5), ("d", 4)]));
        assert_eq!(
            differences("row", &expected, &found, u8::to_string),
            [
                "row b: is [5], should be [2]",
                "row c: missing, should be [3]",
                "row d: is [4], should not be there",
            ]
        );
    }
}
