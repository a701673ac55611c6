//! The plug is pulled during each piece of the worker's work; afterwards everything is as if it never had been.
//!
//! A sample of kills is made each time. `NSRW_CRASH=full` makes them all, `NSRW_CRASH=random:COUNT` (or
//! `random:COUNT:SEED`) kills after random times; both print what they did, which
//! `cargo nextest run -p nsrw-tests --test crash --no-capture` shows.

#![expect(clippy::unwrap_used, reason = "a test stops where its world can not be built")]

use nsrw_tests::crash::{Mode, Phase, PhaseName, sweep};

#[expect(clippy::print_stdout, reason = "what was killed is what a full sweep is run for")]
fn pull_the_plug(name: PhaseName) {
    let mut phase = Phase::prepare(name).unwrap();
    let report = sweep(&phase, Mode::from_environment().unwrap()).unwrap();
    if !report.faults.is_empty() {
        phase.keep();
    }
    println!("{report}");
    assert!(report.kills() > 0, "nothing was killed");
    assert!(report.faults.is_empty(), "{report}");
}

#[test]
fn intake() {
    pull_the_plug(PhaseName::Intake);
}

#[test]
fn staged_rollout() {
    pull_the_plug(PhaseName::Rollout);
}

#[test]
fn replacement_in_production() {
    pull_the_plug(PhaseName::Replacement);
}

#[test]
fn rejection() {
    pull_the_plug(PhaseName::Rejection);
}

#[test]
fn deferral_and_waking() {
    pull_the_plug(PhaseName::Deferral);
}

#[test]
fn set_into_production() {
    pull_the_plug(PhaseName::Set);
}

#[test]
fn damaged_delivery() {
    pull_the_plug(PhaseName::Damage);
}
