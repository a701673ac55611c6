//! People who change a ticket while the repository works on it.

use egi_model::field::Field;

use crate::world::{World, ticket_for};

#[test]
fn what_a_person_changes_meanwhile_is_not_overwritten_and_gets_its_own_answer() {
    let world = World::new();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();

    // Between the look at the ticket and the answer: RT refuses the answer, as the ticket is another one by now.
    world.proxy.hold_next(|asked| asked.sets("CommunicationStatus"));
    world.ask("carlos", ticket, "Unverified");
    world.proxy.wait_for_held();
    world.ask("carlos", ticket, "InVerification");
    world.proxy.release();
    world.wait_to_stand(ticket, "InVerification OK");
    let told = ["Submitted -> Unverified by carlos: performed", "Unverified -> InVerification by carlos: performed"];
    assert_eq!(world.wait_for_history(ticket, 2), told);
    world.wait_for_watchers(ticket, &[]);
    assert_eq!(world.comments(ticket).len(), 1);
    assert!(server.log().contains("left alone, the ticket has moved on to InVerification"), "{}", server.log());

    // A field beside it: the answer is decided anew and given.
    world.set("carlos", ticket, Field::VerificationReport, "https://documents.example.org/verification");
    world.proxy.hold_next(|asked| asked.sets("CommunicationStatus"));
    world.ask("carlos", ticket, "StageRollout");
    world.proxy.wait_for_held();
    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.proxy.release();
    world.wait_to_stand(ticket, "StageRollout OK");
    world.wait_for_watchers(ticket, &["sw-rel-sr"]);

    // While the ticket is being resolved.
    world.proxy.hold_next(|asked| asked.method == "PUT" && asked.body.contains("\"Status\""));
    world.ask("mario", ticket, "Production");
    world.proxy.wait_for_held();
    world.rt.person("tp1").post(&format!("ticket/{ticket}/comment"), &comment("Thank you!")).unwrap();
    world.proxy.release();
    world.wait_for_history(ticket, 4);
    assert_eq!(world.status(ticket), "resolved");
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_failure_is_not_written_over_a_later_change() {
    let world = World::new();
    let mut delivery = world.deliver("storm", "1.0.0");
    delivery.flip_bit("storm-1.0.0-1.noarch.rpm").unwrap();
    let ticket = world.rt.person("tp1").open(&ticket_for(&delivery, "storm 1.0.0")).unwrap();
    let server = world.serve();
    world.proxy.hold_next(|asked| asked.sets("RolloutProgress"));
    world.ask("carlos", ticket, "Unverified");
    world.proxy.wait_for_held();
    world.ask("carlos", ticket, "Ignored");
    world.proxy.release();
    let told = ["Submitted -> Unverified by carlos: failed", "Failed -> Ignored by carlos: performed"];
    assert_eq!(world.wait_for_history(ticket, 2), told);
    assert_eq!((world.stands(ticket).as_str(), world.status(ticket).as_str()), ("Ignored OK", "resolved"));
    assert!(server.log().contains("left alone, the ticket has moved on to Ignored"), "{}", server.log());
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

fn comment(text: &str) -> serde_json::Value {
    serde_json::json!({ "ContentType": "text/plain", "Content": text })
}
