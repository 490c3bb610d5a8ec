//! Labelers, and what they say of accounts and records.

use std::collections::VecDeque;
use std::sync::Arc;

use firehouse_types::Datetime;

use crate::faults::fault::Fault;
use crate::faults::plan::Planned;
use crate::model::{LabelKey, LabelTruth, Status};
use crate::protocol::key::{Curve, Key};
use crate::protocol::label::{self, Label, SignedLabel};
use crate::protocol::repo::Write;
use crate::protocol::value::Value;
use crate::servers::stream::Stream;
use crate::world::core::{Core, Manner};

const VALUES: [&str; 6] = ["spam", "porn", "!hide", "!warn", "!takedown", "sim-custom"];
const STORM: usize = 300;

/// An account that labels.
pub(crate) struct Labeler {
    /// Its number among the accounts.
    pub(crate) person: usize,
    key: Key,
    pub(crate) stream: Arc<Stream>,
    /// Everything it ever said, true labels only.
    pub(crate) said: Vec<SignedLabel>,
    agenda: VecDeque<Planned>,
    acts: usize,
}

impl Core {
    /// The last accounts of the world become labelers.
    pub(crate) fn open_labelers(&mut self) {
        for number in 0..self.config.labelers {
            let person = self.config.accounts + number;
            let name = format!("firehouse-sim/labeler/{}/{number}", self.config.seed);
            let key = Key::of(&name, Curve::K256);
            let origin = format!("https://labeler{number}.sim.test");
            self.accounts[person].claims.labeler = Some((key.did_key(), origin));
            let stream = Arc::new(Stream::new(self.ledger.clone()));
            let agenda = self.config.faults.agenda(number, true);
            agenda.iter().for_each(|planned| self.ledger.plan(planned.fault));
            let said = Vec::new();
            self.labelers.push(Labeler { person, key, stream, said, agenda, acts: 0 });
            let service = Value::Map(vec![
                ("$type", "app.bsky.labeler.service".into()),
                (
                    "policies",
                    Value::Map(vec![(
                        "labelValues",
                        Value::List(VALUES.iter().map(|&value| value.into()).collect()),
                    )]),
                ),
                ("createdAt", self.life.clock.now().into()),
            ]);
            let write = Write::Create("app.bsky.labeler.service/self".to_owned(), service);
            self.commit(person, &[write], Manner::Usual);
        }
    }

    /// A labeler says something, or takes something back.
    pub(crate) fn label(&mut self) {
        self.life.tick();
        let number = self.whims.below(self.labelers.len());
        self.labelers[number].acts += 1;
        let acts = self.labelers[number].acts;
        let due = self.labelers[number].agenda.pop_front_if(|planned| planned.at <= acts);
        match due.map(|planned| planned.fault) {
            Some(fault) => self.label_under(fault, number),
            None => self.label_truly(number),
        }
    }

    fn label_truly(&mut self, number: usize) {
        let said = &self.labelers[number].said;
        let taken_back = if !said.is_empty() && self.whims.chance(0.3) {
            let before = self.whims.pick(said).label.clone();
            Some(Label { neg: !before.neg, cts: self.life.clock.now(), ..before })
        } else {
            None
        };
        let label = match taken_back {
            Some(label) => label,
            None => self.new_label(number),
        };
        let label = self.sign(number, label);
        self.say(number, vec![label]);
    }

    fn label_under(&mut self, fault: Fault, number: usize) {
        match fault {
            Fault::LabelStorm => {
                for _ in 0..STORM / 20 {
                    let labels = (0..20).map(|_| {
                        self.life.tick();
                        let label = self.new_label(number);
                        self.sign(number, label)
                    });
                    let labels = labels.collect();
                    self.say(number, labels);
                }
                self.ledger.fire(fault);
            }
            Fault::LabelForged => {
                let label = self.new_label(number);
                let stranger = Key::of("a stranger", Curve::K256);
                let forged = label.sign(&stranger);
                let stream = &self.labelers[number].stream;
                stream.publish_false(fault, None, |seq| label::labels(seq, &[forged]));
            }
            _ => {
                // Said first, told last.
                let label = self.new_label(number);
                self.life.tick();
                let negation = Label { neg: true, cts: self.life.clock.now(), ..label.clone() };
                let negation = self.sign(number, negation);
                self.say(number, vec![negation]);
                let label = self.sign(number, label);
                self.say(number, vec![label]);
                self.ledger.fire(fault);
            }
        }
    }

    /// Of an account, of a record, or of one version of a record; one in six expires, half of those in the past.
    fn new_label(&mut self, number: usize) -> Label {
        let src = self.accounts[self.labelers[number].person].did.to_string();
        let post = self.life.town.some_post(&mut self.whims);
        let (uri, cid) = match (post, self.whims.below(3)) {
            (Some(post), 1) => (self.life.town.posts[post].at.uri.clone(), None),
            (Some(post), 2) => {
                let at = &self.life.town.posts[post].at;
                (at.uri.clone(), Some(at.cid.to_string()))
            }
            _ => (self.accounts[self.whims.below(self.accounts.len())].did.to_string(), None),
        };
        let exp = match self.whims.below(12) {
            0 => Some(Datetime::from_ms(self.config.start_ms + 1).to_string()),
            1 => Some("2099-01-01T00:00:00.000Z".to_owned()),
            _ => None,
        };
        let val = (*self.whims.pick(&VALUES)).to_owned();
        Label { src, uri, cid, val, neg: false, cts: self.life.clock.now(), exp }
    }

    fn sign(&self, number: usize, label: Label) -> SignedLabel {
        label.sign(&self.labelers[number].key)
    }

    fn say(&mut self, number: usize, labels: Vec<SignedLabel>) {
        let labeler = &mut self.labelers[number];
        labeler.stream.publish(None, |seq| label::labels(seq, &labels));
        for signed in &labels {
            let Label { src, uri, cid, val, neg, cts, exp } = signed.label.clone();
            self.model.label(LabelKey { src, uri, val, cid }, LabelTruth { neg, cts, exp });
        }
        labeler.said.extend(labels);
    }

    /// Whether every labeler has done what was planned for it.
    pub(crate) fn labelers_are_idle(&self) -> bool {
        self.labelers.iter().all(|labeler| labeler.agenda.is_empty())
    }

    /// Makes everything due that is planned for labelers.
    pub(crate) fn hurry_labelers(&mut self) {
        for labeler in &mut self.labelers {
            labeler.agenda.iter_mut().for_each(|planned| planned.at = 0);
        }
        debug_assert!(self.accounts.iter().any(|account| account.status == Status::Active));
    }
}
