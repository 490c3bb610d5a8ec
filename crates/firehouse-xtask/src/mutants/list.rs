//! The mutations: each a defect that somebody could make some day, and that simulated runs must show.

/// One broken firehouse.
pub struct Mutation {
    /// As the command line says it.
    pub name: &'static str,
    /// What is wrong with it.
    pub breaks: &'static str,
    /// Path below the root of the workspace.
    pub file: &'static str,
    /// Stands there once.
    pub from: &'static str,
    /// Stands there instead.
    pub to: &'static str,
    /// Faults that show it, where others heal what it does before anybody looks; none: it is looked for among all.
    pub faults: &'static [&'static str],
}

/// All of them.
pub const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "skipped_tombstone",
        breaks: "what a deleted record pointed at is not told of it",
        file: "crates/firehouse-ingest/src/apply.rs",
        from: "if op.action != OpAction::Create {",
        to: "if op.action == OpAction::Update {",
        faults: &[],
    },
    Mutation {
        name: "cursor_saved_early",
        breaks: "the cursor names what was received, not what is stored",
        file: "crates/firehouse-ingest/src/status.rs",
        from: "|state| state.tickets.low_water().map(|mark| mark.seq)).flatten()",
        to: "|state| state.received).flatten()",
        faults: &["frame_repeated", "cut"],
    },
    Mutation {
        name: "inversion_not_checked",
        breaks: "ops that lead elsewhere than to the tree before are believed",
        file: "crates/firehouse-repo/src/op.rs",
        from: "Ok(_) => (Agreement::Proven, DropReason::InversionMismatch),",
        to: "Ok(_) => return (link, Agreement::Proven),",
        faults: &[],
    },
    Mutation {
        name: "prev_data_not_compared",
        breaks: "a commit is taken to continue whatever is held",
        file: "crates/firehouse-repo/src/op.rs",
        from: "(Some(head), Some(prev)) if prev == head.data => (Some(prev), Chain::Linked),",
        to: "(Some(_), Some(prev)) => (Some(prev), Chain::Linked),",
        faults: &[],
    },
    Mutation {
        name: "missing_block_forgiven",
        breaks: "a record whose block was left out is left out for good",
        file: "crates/firehouse-repo/src/op.rs",
        from: "if reason == DropReason::MissingBlock && !matches!",
        to: "if reason == DropReason::StaleRev && !matches!",
        faults: &["missing_block"],
    },
    Mutation {
        name: "signature_not_checked",
        breaks: "anybody writes in anybody's name",
        file: "crates/firehouse-repo/src/verify.rs",
        from: "commit.verify_signature(key).map_err(|_| DropReason::InvalidSignature)?;",
        to: "let _ = commit.verify_signature(key);",
        faults: &["forged_signature"],
    },
    Mutation {
        name: "future_rev_accepted",
        breaks: "one commit of next year freezes an account until then",
        file: "crates/firehouse-repo/src/verify.rs",
        from: "if rev.timestamp_us() > now_us.saturating_add(FUTURE_REV_US) {",
        to: "if now_us == 0 && rev.timestamp_us() > FUTURE_REV_US {",
        faults: &["future_rev"],
    },
    Mutation {
        name: "sync_believed_linked",
        breaks: "#sync changes what is held of the repo, and nothing is fetched",
        file: "crates/firehouse-ingest/src/commits.rs",
        from: "Some(held) if held.data == head.data && !self.status.has_gap() => Chain::Linked,",
        to: "Some(_) => Chain::Linked,",
        faults: &[],
    },
    Mutation {
        name: "status_ignored",
        breaks: "accounts that are deactivated, taken down or deleted stay visible",
        file: "crates/firehouse-ingest/src/standing.rs",
        from: "(false, Some(AccountStatus::Takendown)) => ActorStatus::Takendown,",
        to: "(false, Some(AccountStatus::Takendown)) => ActorStatus::Active,",
        faults: &[],
    },
    Mutation {
        name: "identity_ignored",
        breaks: "handles stay what they were",
        file: "crates/firehouse-ingest/src/applying.rs",
        from: "Event::Identity(_) if self.event.refreshed => Next::Done,",
        to: "Event::Identity(_) if self.event.refreshed || self.known.head.is_some() => Next::Done,",
        faults: &[],
    },
    Mutation {
        name: "surplus_kept",
        breaks: "what a fetched repo lacks is not deleted",
        file: "crates/firehouse-ingest/src/writing.rs",
        from: "for op in difference.surplus() {",
        to: "for op in difference.surplus().take(0) {",
        faults: &[],
    },
    Mutation {
        name: "fetched_repo_not_written",
        breaks: "what a fetched repo has more than the store is not written",
        file: "crates/firehouse-ingest/src/writing.rs",
        from: "repo.op(&record).and_then(|op| difference.compare(op))",
        to: "repo.op(&record).and_then(|op| difference.compare(op)).filter(|_| repo.record_count() == 0)",
        faults: &[],
    },
    Mutation {
        name: "sweep_finds_nothing",
        breaks: "what was still to be fetched when the process died is never fetched",
        file: "crates/firehouse-ingest/src/sweep.rs",
        from: "repo.is_active == 1 && selection.may_keep_account(",
        to: "repo.is_active > 1 && selection.may_keep_account(",
        faults: &[],
    },
    Mutation {
        name: "anybody_may_speak",
        breaks: "any PDS has any account deleted",
        file: "crates/firehouse-ingest/src/authority.rs",
        from: "            is_at(&known.row.pds, authority)\n",
        to: "            is_at(&known.row.pds, authority) || !authority.is_empty()\n",
        faults: &["false_authority"],
    },
    Mutation {
        name: "label_signature_not_checked",
        breaks: "anybody labels in a labeler's name",
        file: "crates/firehouse-ingest/src/labels/judge.rs",
        from: "Check::Key(key) => verify_label(&label, key)?,",
        to: "Check::Key(key) => drop(verify_label(&label, key)),",
        faults: &["label_forged"],
    },
    Mutation {
        name: "label_order_by_chance",
        breaks: "of a label and its negation not the later one wins",
        file: "crates/firehouse-indexer/src/label.rs",
        from: "nanoseconds(&label.cts) << TIME_SHIFT\n",
        to: "(nanoseconds(&label.cts) & 0) << TIME_SHIFT\n",
        faults: &["negation_first", "label_storm"],
    },
    Mutation {
        name: "rev_vouched_too_early",
        breaks: "repos say that a commit is here before its rows are",
        file: "crates/firehouse-ingest/src/flush.rs",
        from: "        self.insert_rows(&batch, &gone).await?;\n",
        to: "        let early: Vec<_> = batch.repos.values().cloned().collect();\n        self.insert(&early).await?;\n        self.insert_rows(&batch, &gone).await?;\n",
        faults: &["frame_repeated", "cut"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::root;

    #[test]
    fn each_mutation_finds_its_place_in_the_code_of_today() {
        for Mutation { name, file, from, to, .. } in MUTATIONS {
            let text = std::fs::read_to_string(root().join(file)).unwrap();
            assert_eq!(text.matches(from).count(), 1, "{name}: {file} has changed");
            assert_ne!(from, to, "{name}");
        }
    }

    #[test]
    fn names_tell_them_apart() {
        let mut names: Vec<_> = MUTATIONS.iter().map(|mutation| mutation.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), MUTATIONS.len());
    }
}
