//! Numbers, times and states in plain words.

use firehouse_schema::ActorStatus;

/// What a state means and what to do about it.
pub(crate) struct Meaning {
    /// The class of the badge: `good`, `waiting` or `bad`.
    pub(crate) mood: &'static str,
    /// In a word or two.
    pub(crate) short: &'static str,
    /// What it means.
    pub(crate) meaning: String,
    /// What its owner, or whoever runs this firehouse, can do.
    pub(crate) advice: &'static str,
}

/// Of a state and a reason as `dev.firehouse.sync.getCompleteness` gives them.
pub(crate) fn meaning(state: &str, reason: Option<&str>) -> Meaning {
    match state {
        "synchronized" => Meaning {
            mood: "good",
            short: "complete",
            meaning: "Every record of this account is here, up to its last commit shown below. Each was proven by the account’s own signature.".into(),
            advice: "Nothing is to be done. Something written in the last seconds may still be on its way.",
        },
        "neverFetched" => Meaning {
            mood: "waiting",
            short: "from now on only",
            meaning: "What the account wrote since this firehouse began to listen is here. What it wrote before was never fetched.".into(),
            advice: "Whoever runs this firehouse gets the rest with: firehouse backfill --did, and the DID above.",
        },
        _ => Meaning {
            mood: "bad",
            short: "may be incomplete",
            meaning: because(reason).into(),
            advice: "It heals by itself: the whole repo waits to be fetched from its server. If this page still says so tomorrow, whoever runs this firehouse should look at it with: firehouse verify --repair, and the DID above.",
        },
    }
}

/// Why a repo is out of step.
fn because(reason: Option<&str>) -> &'static str {
    match reason.unwrap_or_default() {
        "chain_broken" | "commits_missed" => {
            "A commit of this account did not reach us. What came since is here; what was in between may be missing."
        }
        "too_big" => {
            "The account changed more at once than fits into one message, so what changed is not known here yet."
        }
        "identity_unavailable" => {
            "When the account wrote, nobody could say whose key it signs with, so it could not be proven and was left out."
        }
        "receipt_differs" => {
            "The records here were found to be others than those on the account’s server. They are being written again."
        }
        "waited_too_long" => {
            "The account wrote very much while its repo was being fetched, so it is fetched once more."
        }
        "reactivated" => "The account was deleted and is back. What it had is being fetched again.",
        _ => "Something of this account may be missing here, or could not be proven.",
    }
}

/// Why an account is not shown; `None` for one that is.
pub(crate) fn status(status: ActorStatus) -> Option<&'static str> {
    Some(match status {
        ActorStatus::Active => return None,
        ActorStatus::Mentioned => {
            "Others mention the account; nothing that it wrote itself has reached us."
        }
        ActorStatus::Deactivated => {
            "Its owner has deactivated the account: nothing of it is shown until it is back. Its records are kept."
        }
        ActorStatus::Suspended | ActorStatus::Takendown => {
            "Its server has taken the account down: nothing of it is shown."
        }
        ActorStatus::Deleted => {
            "The account was deleted. Nothing of it is shown, and what is left of it is being removed."
        }
        ActorStatus::Inactive => {
            "Its server says that the account is not active: nothing of it is shown."
        }
    })
}

/// 1234567 as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds in the unit that suits them.
pub(crate) fn ago(seconds: u64) -> String {
    match seconds {
        0..=1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        120..=7_199 => format!("{} minutes", seconds / 60),
        7_200..=172_799 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (100_000, "100,000"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn a_time_is_told_in_the_unit_that_suits_it() {
        for (seconds, text) in [
            (0, "1 second"),
            (90, "90 seconds"),
            (600, "10 minutes"),
            (7_200, "2 hours"),
            (864_000, "10 days"),
        ] {
            assert_eq!(ago(seconds), text);
        }
    }

    #[test]
    fn every_state_has_words_and_so_has_one_that_is_not_known_yet() {
        assert_eq!(meaning("synchronized", None).mood, "good");
        assert_eq!(meaning("neverFetched", None).mood, "waiting");
        for reason in [Some("chain_broken"), Some("one of tomorrow"), None] {
            assert_eq!(meaning("desynchronized", reason).mood, "bad");
        }
    }
}
