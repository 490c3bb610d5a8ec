//! The client against servers on this machine: our own replay server, and one that does everything wrong on cue.

mod make;
mod scripted;

mod faults;
mod jetstream;
mod replaying;
