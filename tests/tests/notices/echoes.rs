//! The repository's own changes, posted back to it as a ticket system posts every change.

use egi_model::rollout::RolloutState;
use nsrw_tests::serve::Serving;

use crate::world::{Change, FIELDS, World};

const REPORTS: [&str; 2] = [
    "Verification-Report=https://documents.example.org/verification",
    "StageRollout-Report=https://documents.example.org/staged-rollout",
];

/// The changes the repository itself made, all of them to this state.
fn own(world: &World, ticket: u64, state: RolloutState) -> Vec<Change> {
    let changes = world.progress_changes(ticket);
    let own: Vec<_> = changes.into_iter().filter(|c| c.by == "nsrw" && c.new == state.as_str()).collect();
    assert!(!own.is_empty(), "the repository did not set {state}");
    own
}

/// Posts changes as they are told with and without numbers, once and again, and sees nothing come of it.
fn nothing_comes_of(world: &World, server: &Serving, changes: &[Change]) {
    let ticket = changes[0].ticket;
    let before = world.everything(ticket);
    for change in [changes, changes].concat() {
        assert_eq!(change.post(server).status, 202);
        assert_eq!(change.post_unnumbered(server).status, 202);
        world.flush(server);
    }
    assert_eq!(world.everything(ticket), before);
}

#[test]
fn failed_is_not_answered_when_it_comes_back() {
    let world = World::new();
    let mut delivery = world.deliver("storm", "1.0.0");
    delivery.flip_bit("storm-1.0.0-1.noarch.rpm").unwrap();
    let ticket = world.site.open_ticket(&delivery, &format!("file://{}", delivery.dir.display()), &FIELDS).unwrap();
    let server = world.serve();
    world.change(ticket, "carlos", "Unverified").post(&server);
    world.wait_for_history(ticket, 1);
    assert_eq!(world.stands(ticket), "Failed Error");
    let echoes = own(&world, ticket, RolloutState::Failed);
    nothing_comes_of(&world, &server, &echoes);

    // Tried again in vain: the notice of the retry and both echoes come again, late.
    let retry = world.change(ticket, "kostas", "Unverified");
    retry.post_unnumbered(&server);
    world.wait_for_history(ticket, 2);
    assert_eq!(world.stands(ticket), "Failed Error");
    nothing_comes_of(&world, &server, &world.progress_changes(ticket));

    // Mended and tried again: the old echoes do not make it fail.
    delivery.mend().unwrap();
    world.change(ticket, "kostas", "Unverified").post(&server);
    world.wait_for_history(ticket, 3);
    assert_eq!(world.stands(ticket), "Unverified OK");
    nothing_comes_of(&world, &server, &world.progress_changes(ticket));
    world.assert_sound();
}

#[test]
fn deferred_and_the_wake_are_not_answered_when_they_come_back() {
    let world = World::new();
    let into_rollout = |version: &str| {
        let delivery = world.deliver("storm", version);
        let url = format!("file://{}", delivery.dir.display());
        let ticket = world.site.open_ticket(&delivery, &url, &FIELDS).unwrap();
        world.site.set(ticket, "carlos", &["RolloutProgress=Unverified"]).unwrap();
        world.site.set(ticket, "carlos", &["RolloutProgress=InVerification"]).unwrap();
        world.site.set(ticket, "kostas", &REPORTS).unwrap();
        ticket
    };
    let (holder, waiting) = (into_rollout("1.0.0"), into_rollout("1.1.0"));
    world.site.set(holder, "carlos", &["RolloutProgress=StageRollout"]).unwrap();
    let server = world.serve();
    world.change(waiting, "carlos", "StageRollout").post(&server);
    world.wait_for_history(waiting, 3);
    assert_eq!(world.stands(waiting), "Deferred OK");
    nothing_comes_of(&world, &server, &own(&world, waiting, RolloutState::Deferred));
    nothing_comes_of(&world, &server, &world.progress_changes(waiting));

    world.change(holder, "mario", "Production").post(&server);
    let history = world.wait_for_history(waiting, 4);
    assert_eq!(
        history[2..],
        ["InVerification -> StageRollout by carlos: deferred", "Deferred -> StageRollout by nsrw: performed",]
    );
    assert_eq!(world.stands(waiting), "StageRollout OK");
    nothing_comes_of(&world, &server, &own(&world, waiting, RolloutState::StageRollout));
    nothing_comes_of(&world, &server, &world.progress_changes(waiting));
    assert_eq!(world.history(holder).len(), 4, "nor of the other release");
    world.assert_sound();
}

#[test]
fn a_ticket_put_back_to_its_final_state_stays_there() {
    let world = World::new();
    let ticket = world.open_unverified("storm");
    let server = world.serve();
    world.change(ticket, "carlos", "Rejected").post(&server);
    world.wait_for_history(ticket, 2);
    world.change(ticket, "carlos", "Unverified").post(&server);
    world.wait_for_history(ticket, 3);
    assert_eq!(world.stands(ticket), "Rejected Error");
    nothing_comes_of(&world, &server, &own(&world, ticket, RolloutState::Rejected));
    nothing_comes_of(&world, &server, &world.progress_changes(ticket));
    world.assert_sound();
}
