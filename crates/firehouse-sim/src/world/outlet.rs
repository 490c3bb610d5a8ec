//! [`Outlet`]: what one relay or PDS tells of the events it hears, when, and under which of the faults that are planned for it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::faults::ambush::Ambush;
use crate::faults::commit::{Told, Victim, twist};
use crate::faults::fault::{Fault, Place};
use crate::faults::ledger::Ledger;
use crate::faults::plan::Planned;
use crate::faults::trap::Trap;
use crate::model::Status;
use crate::protocol::repo::Commit;
use crate::random::Random;
use crate::servers::stream::Stream;
use crate::world::event::{Event, News};
use crate::world::line::{self, lines};

/// Events of a host until those that are held back are told.
const HELD_BACK: usize = 8;
const REORDERED: usize = 25;
const REPEATED: usize = 5;
const OVERSIZED_BYTES: usize = 5_000_100;
/// 30 days.
const CLOCK_JUMP_MS_MAX: usize = 30 * 86_400_000;

/// How a host tells of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// As a relay or PDS: a frame for each.
    Frames,
    /// As a Jetstream: a line for each op.
    Lines,
}

/// One host's stream, and what will go wrong with it.
pub(crate) struct Outlet {
    tongue: Tongue,
    pub(crate) stream: Arc<Stream>,
    ambush: Arc<Ambush>,
    ledger: Ledger,
    random: Random,
    agenda: VecDeque<Planned>,
    /// Faults whose time has come, and that wait for an event that suits them.
    armed: Vec<Fault>,
    heard: usize,
    held: Vec<Held>,
}

/// Events of one account that wait.
struct Held {
    did: Arc<str>,
    until: usize,
    fault: Fault,
    events: Vec<Event>,
}

/// What stands around an event.
pub(crate) struct Scene<'a> {
    /// Whose it is, and the commit that it tells of.
    pub(crate) commit: Option<(&'a Commit, Victim<'a>)>,
    /// An account of another PDS, to tell lies about.
    pub(crate) stranger: Option<Arc<str>>,
}

impl Outlet {
    pub(crate) fn new(
        tongue: Tongue,
        stream: Arc<Stream>,
        ambush: Arc<Ambush>,
        ledger: Ledger,
        random: Random,
        agenda: VecDeque<Planned>,
    ) -> Self {
        agenda.iter().for_each(|planned| ledger.plan(planned.fault));
        let (armed, held) = (Vec::new(), Vec::new());
        Self { tongue, stream, ambush, ledger, random, agenda, armed, heard: 0, held }
    }

    /// Takes on one more fault, now.
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.ledger.plan(fault);
        self.armed.push(fault);
    }

    /// Tells of an event, sooner or later, truly or not.
    pub(crate) fn hear(&mut self, event: &Event, scene: &Scene<'_>) {
        self.heard += 1;
        self.release(|held, heard| held.until <= heard);
        while let Some(planned) = self.agenda.pop_front_if(|planned| planned.at <= self.heard) {
            self.armed.push(planned.fault);
        }
        if self.waits(event) {
            return;
        }
        if self.tongue == Tongue::Lines && lines(event).is_empty() {
            // Nothing that this host has words for.
            return;
        }
        let at = (0..self.armed.len()).find(|&at| self.suits(self.armed[at], event, scene));
        match at.map(|at| self.armed.remove(at)) {
            Some(fault @ (Fault::HeldBack | Fault::Reordered | Fault::Swapped)) => {
                self.hold(fault, event)
            }
            Some(Fault::Withheld) => self.ledger.fire(Fault::Withheld),
            fault => {
                let trap = self.set_trap();
                match fault {
                    Some(fault) => self.suffer(fault, event, scene, trap),
                    None => self.tell(event, trap),
                }
            }
        }
    }

    /// The seq that a consumer can be asked to reach.
    pub(crate) fn head(&self) -> i64 {
        let last = self.stream.last_event();
        match self.tongue {
            Tongue::Frames => last,
            Tongue::Lines => line::latest(last),
        }
    }

    /// Whether everything planned has been placed where somebody will meet it.
    pub(crate) fn is_idle(&self) -> bool {
        self.agenda.is_empty() && self.armed.is_empty() && self.held.is_empty()
    }

    /// Makes everything that is planned due at once.
    pub(crate) fn hurry(&mut self) {
        self.agenda.iter_mut().for_each(|planned| planned.at = 0);
    }

    /// Tells what was held back. What could not come true as planned waits for another event.
    pub(crate) fn release_all(&mut self) {
        self.release(|_, _| true);
    }

    fn release(&mut self, is_due: impl Fn(&Held, usize) -> bool) {
        let heard = self.heard;
        let (due, held) =
            std::mem::take(&mut self.held).into_iter().partition(|held| is_due(held, heard));
        self.held = held;
        for held in due {
            if held.fault == Fault::Swapped {
                self.armed.push(held.fault);
            } else {
                self.ledger.fire(held.fault);
            }
            held.events.iter().for_each(|event| self.tell(event, None));
        }
    }

    /// Whether the event has to wait behind others of its account.
    fn waits(&mut self, event: &Event) -> bool {
        let is_queue = |held: &Held| held.did == event.did && held.fault != Fault::EventRepeated;
        let Some(at) = self.held.iter().position(is_queue) else { return false };
        if self.held[at].fault == Fault::Swapped && event.is_commit() {
            let held = self.held.swap_remove(at);
            self.tell(event, None);
            held.events.iter().for_each(|event| self.tell(event, None));
            self.ledger.fire(Fault::Swapped);
        } else {
            self.held[at].events.push(event.clone());
        }
        true
    }

    /// At most one of the armed faults that snap at connections; others become frames of their own, or wait for a request.
    fn set_trap(&mut self) -> Option<Trap> {
        let is_plain = |fault: Fault| {
            matches!(
                fault.place(),
                Place::Connection | Place::Dial | Place::Repo | Place::List | Place::Directory
            )
        };
        let at = self.armed.iter().position(|&fault| is_plain(fault))?;
        let fault = self.armed.remove(at);
        match fault.place() {
            Place::Dial => {
                self.stream.await_dial(fault);
                return Some(Trap::Redial);
            }
            Place::Repo | Place::List | Place::Directory => {
                self.ambush.lay(fault);
                return None;
            }
            Place::Connection | Place::Order | Place::Commit | Place::Labels | Place::Jetstream => {
            }
        }
        match fault {
            Fault::FramePoisoned => self.stream.publish_fault(fault, |_| vec![0xff; 40]),
            Fault::FrameOversized => {
                self.stream.publish_fault(fault, |_| vec![0xf6; OVERSIZED_BYTES]);
            }
            Fault::FrameUnknown => self.stream.publish_fault(fault, unknown_frame),
            _ => return Trap::of(fault),
        }
        None
    }

    fn suits(&self, fault: Fault, event: &Event, scene: &Scene<'_>) -> bool {
        let commit = scene.commit.as_ref();
        if fault.place() == Place::Jetstream {
            return self.tongue == Tongue::Lines
                && lines(event).iter().any(|line| !line.record.is_null());
        }
        match fault {
            Fault::ClockJump => false,
            Fault::FalseAuthority => scene.stranger.is_some(),
            Fault::OldKeySignature => commit.is_some_and(|(_, victim)| !victim.old_keys.is_empty()),
            Fault::MissingBlock | Fault::BlockHashWrong => {
                commit.is_some_and(|(commit, _)| !commit.records.is_empty())
            }
            Fault::WrongPrevData | Fault::WrongSince | Fault::OpsContradictTree => {
                commit.is_some_and(|(commit, _)| commit.since.is_some())
            }
            _ => matches!(fault.place(), Place::Order | Place::Commit) && event.is_commit(),
        }
    }

    fn hold(&mut self, fault: Fault, event: &Event) {
        let until = match fault {
            Fault::EventRepeated => self.heard + REPEATED,
            Fault::HeldBack => self.heard + HELD_BACK,
            Fault::Reordered => self.heard + REORDERED,
            // Until the next commit of the account.
            _ => usize::MAX,
        };
        self.held.push(Held {
            did: Arc::clone(&event.did),
            until,
            fault,
            events: vec![event.clone()],
        });
    }

    fn suffer(&mut self, fault: Fault, event: &Event, scene: &Scene<'_>, trap: Option<Trap>) {
        if fault.place() == Place::Jetstream {
            self.tell(event, trap);
            let truth = lines(event).into_iter().find(|line| !line.record.is_null());
            if let Some(lie) = truth.and_then(|truth| truth.twisted(fault)) {
                self.stream.publish_false(fault, None, |seq| lie.bytes(seq));
            }
            return;
        }
        let lie = match (fault, &scene.stranger, &scene.commit) {
            (Fault::EventRepeated, ..) => {
                self.hold(fault, event);
                None
            }
            (Fault::FalseAuthority, Some(did), _) => {
                let news = News::Account(Status::Deleted);
                Some(Event { did: Arc::clone(did), time: event.time.clone(), news })
            }
            (_, _, Some((commit, victim))) => {
                match twist(fault, commit, victim, &mut self.random) {
                    Some(Told::Instead(envelope)) => {
                        let lie = event.with(envelope);
                        self.stream.publish_false(fault, trap, |seq| lie.frame(seq));
                        return;
                    }
                    Some(Told::Behind(envelope)) => Some(event.with(envelope)),
                    None => None,
                }
            }
            _ => None,
        };
        self.tell(event, trap);
        match lie {
            Some(lie) => self.stream.publish_false(fault, None, |seq| lie.frame(seq)),
            None if fault != Fault::EventRepeated => self.armed.push(fault),
            None => {}
        }
    }

    /// Nobody with an old key is left to suffer from what still waits for one.
    pub(crate) fn give_up(&mut self) {
        let (given_up, waiting) = std::mem::take(&mut self.armed)
            .into_iter()
            .partition::<Vec<_>, _>(|&fault| fault == Fault::OldKeySignature);
        self.armed = waiting;
        given_up.into_iter().for_each(|fault| self.ledger.unplan(fault));
    }

    /// How far the clock is ahead for the next commit, if it jumps. Units: milliseconds.
    pub(crate) fn clock_jump(&mut self) -> Option<usize> {
        let at = self.armed.iter().position(|&fault| fault == Fault::ClockJump)?;
        self.armed.swap_remove(at);
        self.ledger.fire(Fault::ClockJump);
        Some(1 + self.random.below(CLOCK_JUMP_MS_MAX))
    }

    fn tell(&self, event: &Event, mut trap: Option<Trap>) {
        match self.tongue {
            Tongue::Frames => {
                self.stream.publish(trap, |seq| event.frame(seq));
            }
            Tongue::Lines => {
                for line in lines(event) {
                    self.stream.publish(trap.take(), |seq| line.bytes(seq));
                }
            }
        }
    }
}

/// A frame of a kind that was, or that will be.
fn unknown_frame(seq: i64) -> Vec<u8> {
    use crate::protocol::frame::message;
    use crate::protocol::value::Value;
    let kind = if seq % 2 == 0 { "#tombstone" } else { "#tomorrow" };
    message(kind, vec![("seq", Value::Int(seq)), ("did", "did:plc:nobody".into())])
}
