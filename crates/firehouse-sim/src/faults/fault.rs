//! [`Fault`]: everything that can go wrong in the simulated network, closed, so that nothing is forgotten in a plan or a count.

/// Where a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A connection to a stream, or what is sent over it beside the events.
    Connection,
    /// The answer to a request to subscribe.
    Dial,
    /// Whether and when a stream tells of an event.
    Order,
    /// What a stream says a commit was.
    Commit,
    /// The answer to a request for a repo.
    Repo,
    /// The answer to a request for a list of repos.
    List,
    /// The answer to a request for a DID document.
    Directory,
    /// A labeler's stream.
    Labels,
    /// What a Jetstream says beside the truth.
    Jetstream,
}

/// What a consumer must be able to do for a fault to leave no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Follow one stream: connect again, drop what is not proven.
    Stream,
    /// Follow several upstreams that tell the same in different orders.
    Several,
    /// Fetch a repo again that does not add up.
    Resync,
    /// Find out by asking which repos and accounts changed while nobody told.
    Sweep,
    /// Hide and show accounts by their status.
    Statuses,
    /// Forget what deleted accounts have marked and followed.
    Purge,
    /// Give a handle to whom it resolves to, and take it from who had it.
    Contest,
    /// Tell whose PDS a host is.
    Authority,
    /// Follow labelers.
    Labels,
    /// Follow a Jetstream, and believe signed commits more.
    Jetstream,
}

impl Ability {
    /// All there are.
    pub const ALL: [Self; 10] = [
        Self::Stream,
        Self::Several,
        Self::Resync,
        Self::Sweep,
        Self::Statuses,
        Self::Purge,
        Self::Contest,
        Self::Authority,
        Self::Labels,
        Self::Jetstream,
    ];

    /// As the command line says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Several => "several",
            Self::Resync => "resync",
            Self::Sweep => "sweep",
            Self::Statuses => "statuses",
            Self::Purge => "purge",
            Self::Contest => "contest",
            Self::Authority => "authority",
            Self::Labels => "labels",
            Self::Jetstream => "jetstream",
        }
    }
}

impl std::str::FromStr for Ability {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|ability| ability.as_str() == name);
        found.ok_or_else(|| format!("no ability {name}: there are {known}"))
    }
}

macro_rules! faults {
    ($($(#[$doc:meta])+ $name:ident = $label:literal, $place:ident, $needs:ident;)+) => {
        /// One thing that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $($(#[$doc])+ $name,)+ }

        impl Fault {
            /// All there are.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// As reports and the command line say it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// Where it happens.
            pub const fn place(self) -> Place {
                match self { $(Self::$name => Place::$place,)+ }
            }

            /// What a consumer must be able to do for it to leave no trace.
            pub const fn needs(self) -> Ability {
                match self { $(Self::$name => Ability::$needs,)+ }
            }
        }
    };
}

faults! {
    /// The connection ends between two frames.
    Cut = "cut", Connection, Stream;
    /// The connection ends in the middle of a frame.
    CutMidFrame = "cut_mid_frame", Connection, Stream;
    /// Nothing comes for a while, then everything.
    Delayed = "delayed", Connection, Stream;
    /// A frame comes twice, with the same seq.
    FrameRepeated = "frame_repeated", Connection, Stream;
    /// After a reconnect frames come again that were sent long ago.
    FramesReplayed = "frames_replayed", Dial, Stream;
    /// An error frame: the consumer is too slow.
    TooSlow = "too_slow", Connection, Stream;
    /// Garbage instead of a frame, once; the frame itself comes to whoever asks again.
    FrameMalformed = "frame_malformed", Connection, Stream;
    /// Garbage between two frames, each time.
    FramePoisoned = "frame_poisoned", Connection, Stream;
    /// A frame of a kind that nobody knows.
    FrameUnknown = "frame_unknown", Connection, Stream;
    /// More than 5,000,000 bytes in one frame, each time.
    FrameOversized = "frame_oversized", Connection, Stream;
    /// The window moves beyond a cursor, and an `#info` says so.
    OutdatedCursor = "outdated_cursor", Connection, Sweep;
    /// The window moves beyond a cursor, and nobody says so.
    WindowLost = "window_lost", Connection, Sweep;
    /// The answer to a subscription: its cursor has not happened yet.
    FutureCursor = "future_cursor", Dial, Stream;
    /// The answer to a subscription: 429 with Retry-After.
    DialRateLimited = "dial_rate_limited", Dial, Stream;
    /// The answer to a subscription: 502 with a page for people.
    DialServerError = "dial_server_error", Dial, Stream;
    /// An event is told again later, under another seq.
    EventRepeated = "event_repeated", Order, Stream;
    /// The events of one account come after later ones of others.
    HeldBack = "held_back", Order, Stream;
    /// Two commits of one account change places.
    Swapped = "swapped", Order, Resync;
    /// One upstream of several is behind with an account until the others have told more of it.
    Reordered = "reordered", Order, Several;
    /// An event is never told.
    Withheld = "withheld", Order, Resync;
    /// A commit of somebody else's, with a signature of a key the account never had.
    ForgedSignature = "forged_signature", Commit, Stream;
    /// A commit with a signature of a key the account no longer has.
    OldKeySignature = "old_key_signature", Commit, Resync;
    /// prevData is another root.
    WrongPrevData = "wrong_prev_data", Commit, Resync;
    /// since is another rev; everything that is signed is right.
    WrongSince = "wrong_since", Commit, Stream;
    /// A record's block is left out.
    MissingBlock = "missing_block", Commit, Resync;
    /// A record's block holds other bytes than its CID says.
    BlockHashWrong = "block_hash_wrong", Commit, Resync;
    /// A signed commit of next year.
    FutureRev = "future_rev", Commit, Stream;
    /// The PDS's clock is days ahead for one commit, and behind the rev for the next.
    ClockJump = "clock_jump", Commit, Stream;
    /// The blocks are left out, as it was done before Sync 1.1.
    TooBig = "too_big", Commit, Resync;
    /// The ops say something else than the signed tree.
    OpsContradictTree = "ops_contradict_tree", Commit, Resync;
    /// The repo comes after a long wait.
    SlowHost = "slow_host", Repo, Resync;
    /// 429 with Retry-After.
    RateLimited = "rate_limited", Repo, Resync;
    /// 503.
    ServerError = "server_error", Repo, Resync;
    /// 200 with a page for people.
    HtmlBody = "html_body", Repo, Resync;
    /// The CAR ends early.
    TruncatedCar = "truncated_car", Repo, Resync;
    /// The CAR of an older rev.
    StaleCar = "stale_car", Repo, Resync;
    /// The CAR has blocks twice, and blocks of nobody.
    NoisyCar = "noisy_car", Repo, Resync;
    /// 400 RepoNotFound, once.
    RepoNotFound = "repo_not_found", Repo, Resync;
    /// 400 RepoTakendown, once, of an account that is active.
    RepoTakendown = "repo_takendown", Repo, Resync;
    /// 400 RepoDeactivated, once, of an account that is active.
    RepoDeactivated = "repo_deactivated", Repo, Resync;
    /// A page of listRepos without repos, and with a cursor.
    EmptyPage = "empty_page", List, Sweep;
    /// The directory answers 503 for a while.
    DirectoryDown = "directory_down", Directory, Stream;
    /// A PDS tells that an account of another PDS is deleted.
    FalseAuthority = "false_authority", Order, Authority;
    /// Hundreds of labels at once.
    LabelStorm = "label_storm", Labels, Labels;
    /// A label with a signature of somebody else.
    LabelForged = "label_forged", Labels, Labels;
    /// A negation comes before what it negates.
    NegationFirst = "negation_first", Labels, Labels;
    /// A Jetstream tells of a record that is another than its CID says.
    LyingCid = "lying_cid", Jetstream, Jetstream;
    /// A Jetstream tells an op again, as one of a commit that never was.
    LyingRev = "lying_rev", Jetstream, Jetstream;
    /// A Jetstream tells of a record that nobody wrote.
    ForgedOp = "forged_op", Jetstream, Jetstream;
}

impl Fault {
    /// Whether something is lost to whoever follows one stream only.
    pub const fn is_lossy(self) -> bool {
        // Only a later commit shows that it was none.
        if matches!(self, Self::ForgedOp | Self::LyingRev) {
            return true;
        }
        match self.needs() {
            Ability::Resync | Ability::Sweep => !matches!(self.place(), Place::Repo | Place::List),
            Ability::Stream
            | Ability::Several
            | Ability::Statuses
            | Ability::Contest
            | Ability::Authority
            | Ability::Purge
            | Ability::Jetstream
            | Ability::Labels => false,
        }
    }
}

impl std::str::FromStr for Fault {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|fault| fault.as_str() == name);
        found.ok_or_else(|| format!("no fault {name}: `firehouse-sim faults` lists them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_fault() {
        for fault in Fault::ALL {
            assert_eq!(fault.as_str().parse(), Ok(*fault));
        }
        assert!("none".parse::<Fault>().is_err());
    }
}
