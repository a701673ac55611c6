//! The disk is full, or read-only, at some moment of each piece of the worker's work; afterwards everything is as if it
//! never had been.
//!
//! A few amounts of room are tried each time; `NSRW_CRASH=full` tries every page up to two MiB.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use nsrw_tests::crash::{Mode, Phase, PhaseName, hardship};

#[expect(clippy::print_stdout, reason = "what was met is what a full run is made for")]
fn suffer(name: PhaseName) {
    let mut phase = Phase::prepare(name).unwrap();
    let rooms: Vec<u32> = match Mode::from_environment().unwrap() {
        Mode::Sample => vec![0, 12, 48, 96, 160, 256],
        Mode::Full | Mode::Random { .. } => (0..=512).map(|pages| 4 * pages).collect(),
    };
    let hardships = hardship::suffer(&phase, rooms).unwrap();
    if !hardships.faults.is_empty() {
        phase.keep();
    }
    println!("{name}: {} met a limit, {} had room, {} faults", hardships.met, hardships.unmet, hardships.faults.len());
    assert!(hardships.met > 1, "{hardships:?}");
    assert!(hardships.faults.is_empty(), "{}", hardships.faults.join("\n"));
}

#[test]
fn intake() {
    suffer(PhaseName::Intake);
}

#[test]
fn staged_rollout() {
    suffer(PhaseName::Rollout);
}

#[test]
fn replacement_in_production() {
    suffer(PhaseName::Replacement);
}

#[test]
fn rejection() {
    suffer(PhaseName::Rejection);
}

#[test]
fn deferral_and_waking() {
    suffer(PhaseName::Deferral);
}

#[test]
fn set_into_production() {
    suffer(PhaseName::Set);
}
