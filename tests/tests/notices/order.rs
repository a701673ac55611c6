//! Notices once, twice, out of order, never, and at odds with the ticket.

use std::process::{Command, Stdio};

use nsrw_tests::serve::{JSON, Serving};

use crate::world::{World, notice};

/// The way of a release to `WaitingForResponse` and back, as `carlos` goes it, with what the books say of each step.
const WAY: [(&str, &str); 5] = [
    ("Unverified", "Submitted -> Unverified by carlos: performed"),
    ("InVerification", "Unverified -> InVerification by carlos: performed"),
    ("WaitingForResponse", "InVerification -> WaitingForResponse by carlos: performed"),
    ("InVerification", "WaitingForResponse -> InVerification by carlos: performed"),
    ("WaitingForResponse", "InVerification -> WaitingForResponse by carlos: performed"),
];

fn expected(steps: usize) -> Vec<&'static str> {
    WAY.iter().take(steps).map(|(_, line)| *line).collect()
}

#[test]
fn the_post_of_the_specification_is_stored_before_it_is_answered() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let change = world.change(ticket, "carlos", "Unverified");
    let answer = change.post_unnumbered(&server);
    server.kill().unwrap();
    assert_eq!((answer.status, answer.json()["accepted"].as_bool()), (202, Some(true)), "{}", answer.text);
    assert!(answer.id().is_some());
    // `promote` asks the ticket system for nothing: what it works on was stored.
    assert_eq!(world.promote_until(ticket, 1), expected(1));
    assert_eq!(world.stands(ticket), "Unverified OK");
    assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    world.assert_sound();
}

#[test]
fn a_notice_in_json_is_worked_on_by_the_next_server() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let change = world.change(ticket, "carlos", "Unverified");
    let body = serde_json::json!({
        "Ticket_Id": ticket, "Current_Rollout_Progress": "unverified", "Previous_Rollout_Progress": null,
        "Is_Emergency": "no", "Transaction_Id": change.id,
    });
    let answer = server.post_signed("application/json; charset=utf-8", &body.to_string()).unwrap();
    server.kill().unwrap();
    assert_eq!((answer.status, answer.errors()), (202, vec![]), "{}", answer.text);
    let next = Serving::start(&world.site).unwrap();
    assert_eq!(world.wait_for_history(ticket, 1), expected(1));
    assert_eq!(next.post_signed(JSON, &body.to_string()).unwrap().id(), answer.id(), "the next server knows it");
    assert_eq!(world.stands(ticket), "Unverified OK");
    assert_eq!(next.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn a_numbered_notice_posted_twice_is_stored_once() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let change = world.change(ticket, "carlos", "Unverified");
    let first = change.post(&server);
    assert_eq!((first.status, first.is_repeat()), (202, false));
    let again = change.post(&server);
    assert_eq!((again.status, again.is_repeat(), again.id()), (202, true, first.id()));
    world.wait_for_history(ticket, 1);
    let done = world.everything(ticket);
    let late = change.post(&server);
    assert_eq!((late.status, late.is_repeat(), late.id()), (202, true, first.id()));
    world.flush(&server);
    assert_eq!(world.everything(ticket), done);
}

#[test]
fn an_unnumbered_notice_posted_twice_is_done_once_however_late_the_second_comes() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let mut changes = Vec::new();
    for (state, _) in WAY {
        let change = world.change(ticket, "carlos", state);
        for _ in 0..2 {
            assert_eq!(change.post_unnumbered(&server).status, 202);
        }
        world.flush(&server);
        changes.push(change);
        assert_eq!(world.history(ticket), expected(changes.len()));
    }
    // The ticket has been in InVerification twice: an old notice of the way there must not be taken for a new one.
    let done = world.everything(ticket);
    for change in &changes {
        assert_eq!(change.post_unnumbered(&server).status, 202);
        world.flush(&server);
    }
    assert_eq!(world.everything(ticket), done);
    world.assert_sound();
}

#[test]
fn a_refusal_is_told_once_however_often_its_notice_comes() {
    let world = World::new();
    let ticket = world.open_unverified("storm");
    let server = world.serve();
    let change = world.change(ticket, "mario", "Rejected");
    change.post_unnumbered(&server);
    world.wait_for_history(ticket, 2);
    let refused = world.everything(ticket);
    assert_eq!(world.stands(ticket), "Failed Error");
    for _ in 0..3 {
        change.post_unnumbered(&server);
        change.post(&server);
    }
    world.flush(&server);
    assert_eq!(world.everything(ticket), refused);
}

#[test]
fn two_notices_out_of_order_are_done_in_order() {
    for numbered in [true, false] {
        let world = World::new();
        let ticket = world.open("storm");
        let server = world.serve();
        let first = world.change(ticket, "carlos", "Unverified");
        let second = world.change(ticket, "carlos", "InVerification");
        for change in [&second, &first] {
            let answer = if numbered { change.post(&server) } else { change.post_unnumbered(&server) };
            assert_eq!(answer.status, 202);
        }
        assert_eq!(world.wait_for_history(ticket, 2), expected(2), "numbered: {numbered}");
        world.flush(&server);
        assert_eq!(world.history(ticket), expected(2), "numbered: {numbered}");
        assert_eq!(world.stands(ticket), "InVerification OK");
        world.assert_sound();
    }
}

#[test]
fn the_last_notice_alone_brings_all_that_came_before() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    let [.., last] = WAY.map(|(state, _)| world.change(ticket, "carlos", state));
    assert_eq!(last.post(&server).status, 202);
    assert_eq!(world.wait_for_history(ticket, WAY.len()), expected(WAY.len()));
    assert_eq!(world.stands(ticket), "WaitingForResponse OK");
    world.assert_sound();
}

#[test]
fn changes_nobody_posted_are_found_by_asking_the_desk() {
    let world = World::new();
    world.site.configure("sync_seconds = 300", "sync_seconds = 1").unwrap();
    let ticket = world.open("storm");
    let server = world.serve();
    for (number, (state, _)) in WAY.iter().take(3).enumerate() {
        world.change(ticket, "carlos", state);
        assert_eq!(world.wait_for_history(ticket, number + 1), expected(number + 1));
    }
    assert_eq!(world.stands(ticket), "WaitingForResponse OK");
    assert!(
        server.log().contains("Unverified -> InVerification had no notice; it is in the inbox now"),
        "{}",
        server.log()
    );
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn asking_the_desk_does_not_repeat_what_was_posted_without_a_number() {
    let world = World::new();
    let ticket = world.open("storm");
    let server = world.serve();
    for (number, (state, _)) in WAY.iter().enumerate() {
        world.change(ticket, "carlos", state).post_unnumbered(&server);
        world.wait_for_history(ticket, number + 1);
    }
    assert_eq!(server.stop().unwrap(), 0);
    let done = world.everything(ticket);
    world.site.done(&["sync", "--apply"]).unwrap();
    world.site.done(&["promote"]).unwrap();
    assert_eq!(world.everything(ticket), done);
}

#[test]
fn a_notice_at_odds_with_the_ticket_is_commented_on_and_changes_nothing() {
    let world = World::new();
    let ticket = world.open_unverified("storm");
    let server = world.serve();
    let before = world.everything(ticket);
    let published = world.published();
    let number = ticket.to_string();
    let made_up = [&notice(&number, "Unverified", "Rejected")[..], &[("Transaction_Id", "4711")]].concat();
    assert_eq!(server.post(&notice(&number, "StageRollout", "Production")).unwrap().status, 202);
    world.wait_for_comments(ticket, 2);
    assert_eq!(server.post(&made_up).unwrap().status, 202);
    let comments = world.wait_for_comments(ticket, 3);
    for (comment, told) in comments[1..].iter().zip(["StageRollout -> Production", "Unverified -> Rejected"]) {
        assert!(comment.starts_with("A notice about this ticket was ignored; nothing was changed."), "{comment}");
        let why =
            format!("a notice said {told}, but this ticket stands in Unverified and its history has no such change");
        assert!(comment.contains(&why), "{comment}");
    }
    world.flush(&server);
    let after = world.everything(ticket);
    assert_eq!(after.0["ticket"], before.0["ticket"]);
    let refused = ["Unverified -> Production by -: disregarded", "Unverified -> Rejected by -: disregarded"];
    assert_eq!(after.1[1..], refused);
    assert_eq!(world.published(), published);
    // The real change, afterwards, is done.
    world.change(ticket, "carlos", "InVerification").post(&server);
    assert!(world.wait_for_history(ticket, 4).contains(&expected(2)[1].to_owned()));
    assert_eq!(world.stands(ticket), "InVerification OK");
}

#[test]
fn a_number_that_is_not_its_own_does_not_keep_the_real_change_out() {
    let world = World::new();
    let (ticket, other) = (world.open("storm"), world.open("argus"));
    let server = world.serve();
    let desk = std::fs::read_to_string(world.site.folder().join("desk/desk.json")).unwrap();
    let desk: serde_json::Value = serde_json::from_str(&desk).unwrap();
    // The next change of the desk will be the comment on this notice, and the one after that has its number.
    let number = desk["next_change"].as_u64().unwrap() + 1;
    let number_text = number.to_string();
    let at_odds = notice("1", "Production", "Rejected");
    let posted = [&at_odds[..], &[("Transaction_Id", &number_text)]].concat();
    assert_eq!((ticket, server.post(&posted).unwrap().status), (1, 202));
    world.wait_for_comments(ticket, 1);

    let real = world.change(other, "carlos", "Unverified");
    assert_eq!(real.id, number);
    let answer = real.post(&server);
    assert_eq!((answer.status, answer.is_repeat()), (202, false));
    assert_eq!(world.wait_for_history(other, 1), expected(1));
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn the_ticket_decides_when_the_previous_value_is_wrong() {
    for numbered in [true, false] {
        let world = World::new();
        let ticket = world.open("storm");
        let server = world.serve();
        let mut change = world.change(ticket, "carlos", "Unverified");
        change.old = "InVerification".to_owned();
        if numbered {
            change.post(&server)
        } else {
            change.post_unnumbered(&server)
        };
        assert_eq!(world.wait_for_history(ticket, 1), expected(1), "numbered: {numbered}");
        assert_eq!(world.stands(ticket), "Unverified OK");

        // Whoever made the change is asked for their right to, whatever the notice says.
        let mut change = world.change(ticket, "mario", "InVerification");
        change.old = "WaitingForResponse".to_owned();
        if numbered {
            change.post(&server)
        } else {
            change.post_unnumbered(&server)
        };
        let refused = "Unverified -> InVerification by mario: refused";
        assert_eq!(world.wait_for_history(ticket, 2)[1], refused, "numbered: {numbered}");
        assert_eq!(world.stands(ticket), "Failed Error");
        world.flush(&server);
        world.site.done(&["sync", "--apply"]).unwrap();
        world.site.done(&["promote"]).unwrap();
        assert_eq!(world.history(ticket).len(), 2);
    }
}

#[test]
fn two_promotes_at_once_do_everything_once() {
    let world = World::new();
    let tickets: Vec<u64> = (0..6).map(|n| world.open(&format!("storm-{n}"))).collect();
    for ticket in &tickets {
        world
            .site
            .done(&["ticket", "set", "--as", "carlos", &ticket.to_string(), "RolloutProgress=Unverified"])
            .unwrap();
    }
    let start = |_| {
        let mut command: Command = world.site.command(&["promote"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for promote in [0, 1].map(start) {
        let ended = promote.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    for ticket in tickets {
        assert_eq!(world.history(ticket), expected(1));
        assert_eq!(world.stands(ticket), "Unverified OK");
        assert_eq!(world.site.comments(ticket).unwrap().len(), 1);
    }
    world.assert_sound();
}
