//! What does not go straight: a slot that is taken, an emergency, a refusal, a delivery that has to be mended.

use egi_model::field::Field;

use crate::world::{World, ticket_for};

#[test]
fn a_release_waits_for_the_slot_and_wakes_by_itself_and_an_emergency_does_not_wait() {
    let world = World::new();
    let (holder, waiting) = (world.open("storm", "1.0.0"), world.open("storm", "1.1.0"));
    let server = world.serve();
    world.go_to_verification(holder);
    world.go("carlos", holder, "StageRollout");
    world.go_to_verification(waiting);
    world.ask("carlos", waiting, "StageRollout");
    world.wait_to_stand(waiting, "Deferred OK");
    let comments = world.comments(waiting);
    assert!(comments.len() == 2 && comments[1].contains(&format!("ticket {holder}")), "{comments:#?}");

    // The flag alone is the provider's; the haste is a release manager's word.
    let delivery = world.deliver("storm", "1.2.0");
    let urgent = ticket_for(&delivery, "storm 1.2.0, an emergency").with(Field::EmergencyRelease, "Yes");
    let urgent = world.rt.person("tp1").open(&urgent).unwrap();
    world.go("carlos", urgent, "Unverified");
    let refused = world.rt.person("carlos").set(urgent, Field::RolloutProgress, "Production").unwrap();
    assert_eq!(world.field(urgent, Field::RolloutProgress), "Unverified", "{refused:?}");
    world.go("kostas", urgent, "Production");
    world.wait_for_history(urgent, 2);
    assert_eq!(world.status(urgent), "resolved");

    world.set("mario", holder, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.go("mario", holder, "Production");
    world.wait_to_stand(waiting, "StageRollout OK");
    let history = world.wait_for_history(waiting, 4);
    assert_eq!(
        history[2..],
        ["InVerification -> StageRollout by carlos: deferred", "Deferred -> StageRollout by nsrw: performed"]
    );
    assert_eq!(world.comments(waiting).len(), 3);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_failure_is_explained_and_tried_again_when_it_is_mended() {
    let world = World::new();
    let mut delivery = world.deliver("storm", "1.0.0");
    delivery.flip_bit("storm-1.0.0-1.noarch.rpm").unwrap();
    let ticket = world.rt.person("tp1").open(&ticket_for(&delivery, "storm 1.0.0")).unwrap();
    let server = world.serve();
    world.ask("carlos", ticket, "Unverified");
    world.wait_to_stand(ticket, "Failed Error");
    let comments = world.comments(ticket);
    assert!(comments.len() == 1 && comments[0].contains("storm-1.0.0-1.noarch.rpm"), "{comments:#?}");

    delivery.mend().unwrap();
    world.go("kostas", ticket, "Unverified");
    assert_eq!(
        world.wait_for_history(ticket, 2),
        ["Submitted -> Unverified by carlos: failed", "Failed -> Unverified by kostas: performed"]
    );
    // What RT lets pass and the repository can not do is refused on the ticket.
    let delivery = world.deliver("canl", "2.0.0");
    let agreed = ticket_for(&delivery, "canl 2.0.0").with(Field::AssociatedMajorRelease, "umd-999");
    let agreed = world.rt.person("tp1").open(&agreed).unwrap();
    world.ask("carlos", agreed, "Unverified");
    world.wait_to_stand(agreed, "Failed Error");
    let comments = world.comments(agreed);
    assert!(comments.len() == 1 && comments[0].contains("umd-999"), "{comments:#?}");
    assert_eq!(world.wait_for_history(agreed, 1), ["Submitted -> Unverified by carlos: refused"]);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
