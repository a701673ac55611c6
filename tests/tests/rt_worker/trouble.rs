//! RT and the way to it in trouble, in the middle of a plan: the plan is finished, and everything is said once.

use std::collections::BTreeMap;

use egi_model::field::Field;

use crate::proxy::{Asked, Fate};
use crate::world::World;

/// Whether a request is for one thing or another, whatever the ticket.
fn kind(asked: &Asked) -> String {
    format!("{} {} {}", asked.method, asked.path, asked.body)
}

/// Each change comes to this fate the first time, and passes after that.
fn each_write_once(fate: Fate) -> impl FnMut(&Asked) -> Fate + Send {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    move |asked| {
        let count = seen.entry(kind(asked)).or_default();
        *count += 1;
        if asked.writes() && *count == 1 { fate } else { Fate::Passes }
    }
}

/// A new release is taken in while this happens to each of its answers.
fn taken_in_while(fate: Fate) -> World {
    let world = World::new();
    world.site.change_setting("rt.timeout_seconds", "2").unwrap();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.proxy.decide(each_write_once(fate));
    world.go("carlos", ticket, "Unverified");
    world.wait_for_history(ticket, 1);
    let writes = world.proxy.writes();
    let distinct: std::collections::BTreeSet<String> = writes.iter().map(kind).collect();
    assert!(distinct.len() >= 3, "place, comment and answer: {distinct:#?}");
    assert_eq!(world.comments(ticket).len(), 1);
    assert!(world.field(ticket, Field::RepositoryUrl).contains("/unverified/"));
    world.proxy.be_a_wire();
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
    world
}

#[test]
fn changes_whose_answers_are_lost_are_made_once() {
    let world = taken_in_while(Fate::LosesItsAnswer);
    // Each was made the first time it was sent, and seen to be so before it would have been sent again.
    let writes: Vec<String> = world.proxy.writes().iter().map(kind).collect();
    assert_eq!(writes.len(), writes.iter().collect::<std::collections::BTreeSet<_>>().len(), "{writes:#?}");
}

#[test]
fn changes_that_are_answered_too_late_are_made_once() {
    taken_in_while(Fate::IsAnsweredTooLate);
}

#[test]
fn changes_that_never_reach_rt_are_made_when_it_can_be_reached() {
    taken_in_while(Fate::IsLost);
}

/// A comment that is on its way for so long that it is given up and written again: when it arrives after all, RT refuses it.
#[test]
fn a_comment_that_arrives_after_it_was_written_again_is_not_doubled() {
    let world = World::new();
    world.site.change_setting("rt.timeout_seconds", "2").unwrap();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.proxy.hold_next(|asked| asked.path.ends_with("/comment"));
    world.ask("carlos", ticket, "Unverified");
    world.proxy.wait_for_held();
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.comments(ticket).len(), 1, "it was written again");
    world.proxy.release();
    let answer = world.proxy.wait_for_answer();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("is on the ticket already"), "{answer}");
    assert_eq!(world.comments(ticket).len(), 1);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_login_page_is_no_answer_and_is_waited_out() {
    let world = World::new();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.proxy.decide(|_| Fate::MeetsALoginPage);
    world.ask("carlos", ticket, "Unverified");
    server.wait_for_log("answered what is not understood").unwrap();
    assert_eq!(world.comments(ticket).len(), 0);
    world.proxy.be_a_wire();
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.comments(ticket).len(), 1);
    // And in the middle of a plan, with every third answer.
    let mut count = 0;
    world.proxy.decide(move |_| {
        count += 1;
        if count % 3 == 0 { Fate::MeetsALoginPage } else { Fate::Passes }
    });
    world.go("carlos", ticket, "InVerification");
    world.wait_for_history(ticket, 2);
    world.proxy.be_a_wire();
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn an_rt_that_stops_in_the_middle_of_a_plan_finds_it_finished_when_it_is_back() {
    let mut world = World::new();
    let ticket = world.open("storm", "1.0.0");
    let server = world.serve();
    world.proxy.hold_next(|asked| asked.path.ends_with("/comment"));
    world.ask("carlos", ticket, "Unverified");
    world.proxy.wait_for_held();
    world.rt.stop();
    world.proxy.release();
    server.wait_for_log("trying again later").unwrap();
    world.rt.restart().unwrap();
    world.wait_to_stand(ticket, "Unverified OK");
    assert_eq!(world.comments(ticket).len(), 1);

    // Restarted between two answers, as on an upgrade.
    world.set("carlos", ticket, Field::RolloutProgress, "InVerification");
    world.wait_to_stand(ticket, "InVerification OK");
    world.set("carlos", ticket, Field::VerificationReport, "https://documents.example.org/verification");
    world.proxy.hold_next(|asked| asked.sets("CommunicationStatus"));
    world.ask("carlos", ticket, "StageRollout");
    world.proxy.wait_for_held();
    world.rt.restart().unwrap();
    world.proxy.release();
    world.wait_to_stand(ticket, "StageRollout OK");
    assert_eq!(world.comments(ticket).len(), 2);
    world.wait_for_history(ticket, 3);

    // And a server of ours that is killed in the middle.
    world.set("mario", ticket, Field::StageRolloutReport, "https://documents.example.org/staged-rollout");
    world.proxy.hold_next(|asked| asked.sets("CommunicationStatus"));
    world.ask("mario", ticket, "Production");
    world.proxy.wait_for_held();
    server.kill().unwrap();
    world.proxy.release();
    let server = nsrw_tests::serve::Serving::start(&world.site).unwrap();
    world.wait_to_stand(ticket, "Production OK");
    world.wait_for_history(ticket, 4);
    assert_eq!((world.comments(ticket).len(), world.status(ticket).as_str()), (3, "resolved"));
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
