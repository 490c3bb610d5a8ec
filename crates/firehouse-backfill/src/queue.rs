//! [`Queue`]: which repo is fetched next. Pure: the caller says what time it is and whether a host has a place.
//!
//! Each host has a line per priority; the hosts that can be asked take turns in rings, one ring per priority. So the work of many hosts
//! runs side by side however long one of the lines is. A host that cannot be asked rests until a time; a job that failed is delayed.

mod line;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use firehouse_types::{Did, Rev};
use tokio::time::Instant;

use self::line::{ByPriority, Line, Sleeper, Standing};
use crate::health::Busy;
use crate::host::Host;
use crate::job::{Job, Priority, Reasons};

/// How long a host rests that has no place; when one of our own fetches ends it is woken at once.
const FULL_REST: Duration = Duration::from_secs(1);

/// Jobs that wait or run, and the hosts they wait for.
pub(crate) struct Queue {
    jobs: HashMap<Did, Waiting>,
    lines: HashMap<Host, Line>,
    /// Hosts that may have a place, by the priority of their first job.
    rings: ByPriority<VecDeque<(u64, Host)>>,
    /// Of the last entry into a ring.
    ticket: u64,
    /// Jobs whose host is not known.
    unrouted: ByPriority<VecDeque<Did>>,
    /// Hosts and jobs that sleep.
    sleeping: BinaryHeap<Reverse<(Instant, Sleeper)>>,
    jobs_max: usize,
    host_jobs_max: usize,
}

/// One repo's job.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) host: Option<Host>,
    pub(crate) reasons: Reasons,
    pub(crate) not_before: Option<Rev>,
    pub(crate) attempts: u32,
    /// How often its document named another host than the one it waited for.
    pub(crate) moves: u32,
    priority: Priority,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In the line of its host, or among those without one.
    Queued,
    Running,
    Delayed,
}

/// What became of a job that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    Queued,
    /// There was one for this repo.
    Joined,
    /// There is no room for it.
    Full,
}

impl Queue {
    pub(crate) fn new(jobs_max: usize, host_jobs_max: usize) -> Self {
        Self {
            jobs: HashMap::new(),
            lines: HashMap::new(),
            rings: ByPriority::default(),
            ticket: 0,
            unrouted: ByPriority::default(),
            sleeping: BinaryHeap::new(),
            jobs_max: jobs_max.max(1),
            host_jobs_max: host_jobs_max.max(1),
        }
    }

    /// Jobs that wait or run.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn get(&self, did: &Did) -> Option<&Waiting> {
        self.jobs.get(did)
    }

    /// Takes a job in. Those of high priority are few, and have as much room again.
    pub(crate) fn push(&mut self, job: &Job) -> Pushed {
        if let Some(waiting) = self.jobs.get_mut(&job.did) {
            waiting.reasons.add(job.reason);
            waiting.not_before = waiting.not_before.max(job.not_before);
            if job.priority < waiting.priority {
                waiting.priority = job.priority;
                // Where it stands in a lower line it will be passed over.
                if waiting.state == State::Queued {
                    self.queue(&job.did);
                }
            }
            return Pushed::Joined;
        }
        let host_jobs = job.host.as_ref().and_then(|host| self.lines.get(host));
        let host_jobs = host_jobs.map_or(0, |line| line.len);
        let rooms = if job.priority == Priority::High { 2 } else { 1 };
        if self.jobs.len() >= self.jobs_max * rooms || host_jobs >= self.host_jobs_max * rooms {
            return Pushed::Full;
        }
        let waiting = Waiting {
            host: None,
            reasons: Reasons::of(job.reason),
            not_before: job.not_before,
            attempts: 0,
            moves: 0,
            priority: job.priority,
            state: State::Queued,
        };
        self.jobs.insert(job.did.clone(), waiting);
        self.route(&job.did, job.host.clone());
        Pushed::Queued
    }

    /// The next job whose host has a place, and that place. `place` answers for a host.
    pub(crate) fn next<P>(
        &mut self,
        now: Instant,
        mut place: impl FnMut(&Host) -> Result<P, Busy>,
    ) -> Option<(Did, P)> {
        for priority in Priority::ALL {
            while let Some((ticket, host)) = self.rings.of(priority).pop_front() {
                let standing = self.lines.get(&host).map(|line| line.standing);
                if standing != Some(Standing::Ready(priority, ticket)) {
                    continue;
                }
                self.stand(&host, Standing::Idle);
                match self.first(&host) {
                    Some(first) if first == priority => {}
                    // Its first job went elsewhere.
                    _ => {
                        self.ready(&host);
                        continue;
                    }
                }
                match place(&host) {
                    Ok(place) => {
                        let did = self.lines.get_mut(&host)?.jobs.of(priority).pop_front()?;
                        self.jobs.get_mut(&did)?.state = State::Running;
                        self.ready(&host);
                        return Some((did, place));
                    }
                    Err(busy) => {
                        let until = match busy {
                            Busy::Until(until) => until,
                            Busy::Full => now + FULL_REST,
                        };
                        self.stand(&host, Standing::Resting);
                        self.sleeping.push(Reverse((until, Sleeper::Host(host))));
                    }
                }
            }
        }
        None
    }

    /// The next job whose host is not known.
    pub(crate) fn next_unrouted(&mut self) -> Option<Did> {
        for priority in Priority::ALL {
            while let Some(did) = self.unrouted.of(priority).pop_front() {
                let Some(waiting) = self.jobs.get_mut(&did) else { continue };
                let stands_here = waiting.state == State::Queued
                    && waiting.host.is_none()
                    && waiting.priority == priority;
                if stands_here {
                    waiting.state = State::Running;
                    return Some(did);
                }
            }
        }
        None
    }

    /// Puts a job that ran into the line of another host.
    pub(crate) fn moved(&mut self, did: &Did, host: Host) {
        if let Some(waiting) = self.jobs.get_mut(did) {
            waiting.moves += 1;
            self.route(did, Some(host));
        }
    }

    /// Lets a job that ran wait until then.
    pub(crate) fn delay(&mut self, did: &Did, until: Instant) {
        if let Some(waiting) = self.jobs.get_mut(did) {
            waiting.attempts += 1;
            waiting.state = State::Delayed;
            self.sleeping.push(Reverse((until, Sleeper::Job(did.clone()))));
        }
    }

    /// Takes out a job that ran.
    pub(crate) fn finish(&mut self, did: &Did) -> Option<Waiting> {
        let waiting = self.jobs.remove(did)?;
        self.leave(waiting.host.as_ref());
        Some(waiting)
    }

    /// A place at this host became free.
    pub(crate) fn freed(&mut self, host: &Host) {
        if self.lines.get(host).is_some_and(|line| line.standing == Standing::Resting) {
            self.stand(host, Standing::Idle);
            self.ready(host);
        }
    }

    /// Wakes who has slept enough. Shape: when the next one wakes.
    pub(crate) fn wake(&mut self, now: Instant) -> Option<Instant> {
        loop {
            let Reverse((at, _)) = self.sleeping.peek()?;
            if *at > now {
                return Some(*at);
            }
            let Reverse((_, sleeper)) = self.sleeping.pop()?;
            match sleeper {
                Sleeper::Host(host) => self.freed(&host),
                Sleeper::Job(did) => {
                    let waiting = self.jobs.get_mut(&did);
                    if let Some(waiting) = waiting.filter(|job| job.state == State::Delayed) {
                        waiting.state = State::Queued;
                        self.queue(&did);
                    }
                }
            }
        }
    }

    /// Gives a job this host and puts it into its line.
    fn route(&mut self, did: &Did, host: Option<Host>) {
        let Some(waiting) = self.jobs.get_mut(did) else { return };
        waiting.state = State::Queued;
        let before = std::mem::replace(&mut waiting.host, host.clone());
        if before != host {
            if let Some(host) = host {
                self.lines.entry(host).or_default().len += 1;
            }
            self.leave(before.as_ref());
        }
        self.queue(did);
    }

    /// Puts a job at the end of the line it belongs into.
    fn queue(&mut self, did: &Did) {
        let Some(waiting) = self.jobs.get(did) else { return };
        let (host, priority) = (waiting.host.clone(), waiting.priority);
        let Some(host) = host else {
            return self.unrouted.of(priority).push_back(did.clone());
        };
        let Some(line) = self.lines.get_mut(&host) else { return };
        line.jobs.of(priority).push_back(did.clone());
        let is_first = match line.standing {
            Standing::Idle => true,
            Standing::Ready(ring, _) => priority < ring,
            Standing::Resting => false,
        };
        if is_first {
            self.enter_ring(host, priority);
        }
    }

    /// Puts a host that stands idle into the ring of its first job.
    fn ready(&mut self, host: &Host) {
        if let Some(priority) = self.first(host) {
            self.enter_ring(host.clone(), priority);
        }
    }

    fn enter_ring(&mut self, host: Host, priority: Priority) {
        self.ticket += 1;
        self.stand(&host, Standing::Ready(priority, self.ticket));
        self.rings.of(priority).push_back((self.ticket, host));
    }

    /// The priority of a host's first job, after passing over those that do not stand there any more.
    fn first(&mut self, host: &Host) -> Option<Priority> {
        let (jobs, line) = (&self.jobs, self.lines.get_mut(host)?);
        Priority::ALL.into_iter().find(|&priority| {
            let line = line.jobs.of(priority);
            while let Some(did) = line.front() {
                let stands_here = jobs.get(did).is_some_and(|waiting| {
                    waiting.state == State::Queued
                        && waiting.priority == priority
                        && waiting.host.as_ref() == Some(host)
                });
                if stands_here {
                    return true;
                }
                line.pop_front();
            }
            false
        })
    }

    fn stand(&mut self, host: &Host, standing: Standing) {
        if let Some(line) = self.lines.get_mut(host) {
            line.standing = standing;
        }
    }

    /// A job does not belong to this host any more.
    fn leave(&mut self, host: Option<&Host>) {
        let Some((host, line)) = host.and_then(|host| Some((host, self.lines.get_mut(host)?)))
        else {
            return;
        };
        line.len = line.len.saturating_sub(1);
        if line.len == 0 {
            self.lines.remove(host);
        }
    }
}

#[cfg(test)]
mod tests;
