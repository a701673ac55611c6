//! The mount that the repository tree lies on goes away at some moment of each piece of the worker's work, and comes back;
//! afterwards everything is as if it never had been away, and nothing lies where it was not.
//!
//! A few moments are tried each time; `NSRW_CRASH=full` tries every call that changes the tree, `random:COUNT` so many of
//! each piece.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use std::time::Duration;

use nsrw_tests::crash::vanish::{vanish, vanish_under_server};
use nsrw_tests::crash::{Mode, Phase, PhaseName};

/// How many moments of each piece are tried each time.
const SAMPLE: usize = 8;

#[expect(clippy::print_stdout, reason = "how often it was met is what a full run is made for")]
fn take_away(name: PhaseName) {
    let mut phase = Phase::prepare(name).unwrap();
    let count = match Mode::from_environment().unwrap() {
        Mode::Sample => SAMPLE,
        Mode::Full => usize::MAX,
        Mode::Random { kills, .. } => kills,
    };
    let spread = |calls: usize| (1..=calls).step_by(calls.div_ceil(count).max(1));
    let vanished = vanish(&phase, spread).unwrap();
    if !vanished.faults.is_empty() {
        phase.keep();
    }
    println!(
        "{name}: gone {} times, {} times too late, {} faults",
        vanished.met,
        vanished.unmet,
        vanished.faults.len()
    );
    assert!(vanished.met > 1, "{vanished:?}");
    assert!(vanished.faults.is_empty(), "{}", vanished.faults.join("\n"));
}

#[test]
fn under_a_server_that_goes_on_running() {
    let tries = match Mode::from_environment().unwrap() {
        Mode::Sample => 3,
        Mode::Full => 100,
        Mode::Random { kills, .. } => u32::try_from(kills).unwrap(),
    };
    let mut met = 0;
    for name in [PhaseName::Intake, PhaseName::Replacement] {
        let mut phase = Phase::prepare(name).unwrap();
        // From the moment it listens to when all is done.
        let vanished = vanish_under_server(&phase, (0..tries).map(|n| Duration::from_millis(400) * n / tries)).unwrap();
        if !vanished.faults.is_empty() {
            phase.keep();
        }
        println!("{name}, a server: gone {} times, {} times too late", vanished.met, vanished.unmet);
        assert!(vanished.faults.is_empty(), "{}", vanished.faults.join("\n"));
        met += vanished.met;
    }
    assert!(met > 1, "the server was never at work");
}

#[test]
fn intake() {
    take_away(PhaseName::Intake);
}

#[test]
fn staged_rollout() {
    take_away(PhaseName::Rollout);
}

#[test]
fn replacement_in_production() {
    take_away(PhaseName::Replacement);
}

#[test]
fn rejection() {
    take_away(PhaseName::Rejection);
}

#[test]
fn deferral_and_waking() {
    take_away(PhaseName::Deferral);
}

#[test]
fn set_into_production() {
    take_away(PhaseName::Set);
}
