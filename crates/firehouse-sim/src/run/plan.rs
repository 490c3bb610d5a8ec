//! [`RunPlan`]: everything a seed decides about a run before it begins.

use crate::faults::fault::{Ability, Fault, Place};
use crate::faults::plan::{FaultPlan, Occasions, Planned};
use crate::random::Random;
use crate::run::options::RunOptions;
use crate::world::{Mix, WorldConfig};

/// One seed's run.
#[derive(Clone, Debug)]
pub struct RunPlan {
    /// The world, with its faults.
    pub world: WorldConfig,
    /// Which upstreams firehouse follows: relays first, then PDSes, then Jetstreams.
    pub upstreams: Vec<usize>,
    /// Whether the store is firehouse's own engine, rather than one that outlives it.
    pub embedded: bool,
    /// Whether the store has a disk of its own, which is gone with firehouse: then firehouse is not killed, but the disk is filled.
    pub own_disk: bool,
    /// What happens in the world before firehouse is started.
    pub acts_before: usize,
    /// What happens then.
    pub steps: Vec<Step>,
}

/// One thing the driver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many things happen in the world.
    Act(usize),
    /// Time passes. Units: milliseconds.
    Pause(u64),
    /// Time passes until firehouse answers.
    AwaitServing,
    /// kill -9, and a new start.
    KillFirehouse,
    /// kill -9 of its engine, if that is a process of its own.
    KillEngine,
    /// The disk of the store is full for so long. Units: milliseconds.
    FillDisk(u64),
}

impl RunPlan {
    /// What this seed decides, within what is expected.
    pub fn draw(seed: u64, options: &RunOptions) -> Self {
        let mut random = Random::new(seed ^ 0x5eed_2000);
        let mut world = WorldConfig::new(seed);
        world.accounts = 6 + random.below(20);
        world.pdses = 1 + random.below(3);
        let several = options.can(Ability::Several) && random.chance(0.6);
        world.relays = if several { 2 + random.below(2) } else { 1 };
        let has_labels = options.can(Ability::Labels);
        world.labelers = if has_labels { 1 + random.below(2) } else { 0 };
        world.mix = mix(options);
        let mut upstreams: Vec<usize> = (0..world.relays).collect();
        if options.can(Ability::Authority) && random.chance(0.3) {
            upstreams.extend(world.relays..world.relays + world.pdses);
        }
        // Beside the relays, or all there is.
        let is_alone =
            options.can(Ability::Jetstream) && options.can(Ability::Resync) && random.chance(0.2);
        if is_alone || (options.can(Ability::Jetstream) && random.chance(0.4)) {
            world.jetstreams = 1;
            if is_alone {
                upstreams.clear();
                // What a Jetstream does not tell.
                world.mix = Mix { syncs: false, rebirths: false, statuses: false, ..world.mix };
            }
            upstreams.push(world.first_jetstream());
        }
        // A store that is to be kept must be a folder.
        let embedded = random.chance(0.5) || options.keep.is_some();
        let acts_before = random.below(120);
        let acts = 60 + random.below(200);
        let mut steps = steps(&mut random, acts, options.kills, embedded);
        steps = met_running(seed, &steps);
        let own_disk = embedded && options.kills && fill_disk(seed, options, &mut steps);
        let faults = options.faults();
        let occasions = Occasions {
            faults: &faults,
            count: options.faults_per_run,
            hosts: upstreams.len(),
            labelers: world.labelers,
            events: 3 * world.accounts + acts_before + acts,
        };
        let mut drawn = FaultPlan::draw(&mut random, &occasions);
        for planned in &mut drawn.0 {
            if planned.fault.place() != Place::Labels {
                planned.host = upstreams.get(planned.host).copied().unwrap_or(planned.host);
            }
        }
        world.faults = tempered(drawn, several, &world, &upstreams);
        Self { world, upstreams, embedded, own_disk, acts_before, steps }
    }

    /// Whether somebody is told that a repo is gone which is not, so that only a later event shows that it is there.
    pub fn denies_repos(&self) -> bool {
        self.world.faults.0.iter().any(|planned| planned.fault.place() == Place::Repo)
    }

    /// Whether something is lost on the way, so that every account has to say a last word.
    pub fn is_lossy(&self) -> bool {
        self.world.faults.0.iter().any(|planned| planned.fault.is_lossy()) || self.denies_repos()
    }
}

fn mix(options: &RunOptions) -> Mix {
    let resync = options.can(Ability::Resync);
    Mix {
        key_rotations: resync,
        migrations: resync,
        handles: true,
        contests: options.can(Ability::Contest),
        statuses: options.can(Ability::Statuses),
        rebirths: resync,
        syncs: resync,
        legacy: resync,
        odd_records: true,
    }
}

/// Leaves out what cannot come true: an order among upstreams that are one, lies of hosts that nobody listens to, forged old keys in a
/// world where nobody has one. What only befalls a request is given a
/// reason for one.
fn tempered(plan: FaultPlan, several: bool, world: &WorldConfig, upstreams: &[usize]) -> FaultPlan {
    let pdses = world.relays..world.first_jetstream();
    let hears_pdses = upstreams.iter().any(|host| pdses.contains(host)) && world.pdses > 1;
    let mut planned = plan.0;
    let jetstream = world.first_jetstream();
    let (has_jetstream, is_alone) = (world.jetstreams > 0, upstreams == [jetstream]);
    for planned in planned.iter_mut().filter(|planned| planned.fault.place() == Place::Jetstream) {
        planned.host = jetstream;
    }
    planned.retain(|planned| match planned.fault {
        // Nobody would contradict it.
        Fault::ForgedOp | Fault::LyingRev if is_alone => false,
        fault if fault.place() == Place::Labels => true,
        fault if fault.place() == Place::Jetstream => has_jetstream,
        fault if has_jetstream && planned.host == jetstream => befalls_lines(fault),
        _ => true,
    });
    for planned in &mut planned {
        if planned.fault == Fault::FalseAuthority && hears_pdses {
            planned.host = world.relays + planned.host % world.pdses;
        }
    }
    planned.retain(|planned| match planned.fault {
        Fault::Reordered => several,
        Fault::FalseAuthority => hears_pdses,
        Fault::OldKeySignature => world.mix.key_rotations,
        _ => true,
    });
    let reasons: Vec<Planned> = planned
        .iter()
        .filter_map(|p| {
            let reason = match p.fault.place() {
                Place::Repo => Fault::OpsContradictTree,
                Place::List => Fault::WindowLost,
                _ => return None,
            };
            Some(Planned { fault: reason, host: p.host, at: p.at + 3 })
        })
        .collect();
    planned.extend(reasons);
    FaultPlan(planned)
}

/// Whether a fault can befall a Jetstream and leave no trace: it has no frames of its own kinds, and no proofs to break.
fn befalls_lines(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Cut
            | Fault::CutMidFrame
            | Fault::Delayed
            | Fault::FrameRepeated
            | Fault::FrameMalformed
            | Fault::FramePoisoned
            | Fault::FrameOversized
            | Fault::DialRateLimited
            | Fault::DialServerError
            | Fault::EventRepeated
            | Fault::HeldBack
            | Fault::DirectoryDown
    )
}

fn steps(random: &mut Random, acts: usize, kills: bool, embedded: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut left = acts;
    while left > 0 {
        let some = (1 + random.below(30)).min(left);
        left -= some;
        steps.push(Step::Act(some));
        steps.push(Step::Pause(5 + random.below(60) as u64));
    }
    let kills = if kills { random.below(4) } else { 0 };
    for _ in 0..kills {
        let at = random.below(steps.len() + 1);
        let engine = random.chance(0.4) && embedded;
        steps.insert(at, if engine { Step::KillEngine } else { Step::KillFirehouse });
        // A start takes about half a second: some kills hit it, most hit what comes behind it.
        steps.insert(at, Step::Pause(random.below(700) as u64));
    }
    steps
}

/// Lets most starts come to their end, and half of the kills come right behind what was told: they are to meet what is on its way. Draws
/// from numbers of its own, so that all else stays as the seed has it.
fn met_running(seed: u64, steps: &[Step]) -> Vec<Step> {
    let mut random = Random::new(seed ^ 0x57a2_7ed0);
    let mut met = Vec::with_capacity(2 * steps.len());
    let starts = |step: Option<&Step>| step.is_none_or(|step| *step == Step::KillFirehouse);
    let is_kill = |step: &Step| matches!(step, Step::KillFirehouse | Step::KillEngine);
    for (at, &step) in steps.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| steps.get(before));
        if starts(before) && random.chance(0.8) {
            met.push(Step::AwaitServing);
        }
        met.push(match step {
            Step::Pause(ms) if steps.get(at + 1).is_some_and(is_kill) && random.chance(0.5) => {
                Step::Pause(ms / 10)
            }
            step => step,
        });
    }
    met
}

/// Has the disk run full in some of the runs in which firehouse is not killed. Draws from numbers of its own, so that all else stays as the
/// seed has it where no disk can be made.
fn fill_disk(seed: u64, options: &RunOptions, steps: &mut Vec<Step>) -> bool {
    let mut random = Random::new(seed ^ 0xd15c_f011);
    let is_meant = options.fills_disks
        && options.keep.is_none()
        && !steps.contains(&Step::KillFirehouse)
        && random.chance(0.5);
    if is_meant {
        let at = random.below(steps.len() + 1);
        steps.insert(at, Step::FillDisk(200 + random.below(1_500) as u64));
    }
    is_meant
}
