//! Many who post at the same time, again and again, and a server that is killed meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use chrono::Utc;
use nsrw::api::sign;
use nsrw_tests::dice::Dice;
use nsrw_tests::process::wait_until;
use nsrw_tests::serve::{FORM, Serving, make_nonce, render_form};
use rustix::process::Signal;

use crate::world::{Change, PATIENCE, World, notice};

/// How many post at the same time. They go in pairs that post the same changes.
const POSTERS: u64 = 12;
/// How often the server is killed, and after how many further answers.
const KILLS: usize = 3;
const ANSWERS: usize = 60;

/// A request as it was sent.
type Sent = (String, [(&'static str, String); 3]);

fn signed(server: &Serving, body: &str) -> Sent {
    (body.to_owned(), sign(server.secret(), body.as_bytes(), &make_nonce(), Utc::now()))
}

fn body_of(change: &Change) -> String {
    let (ticket, id) = (change.ticket.to_string(), change.id.to_string());
    render_form(&[&notice(&ticket, &change.old, &change.new)[..], &[("Transaction_Id", &id)]].concat())
}

/// The status that a request is answered with.
fn status(server: &Serving, (body, headers): &Sent) -> u16 {
    server.post_with(FORM, body, headers).unwrap().status
}

/// What was answered with 202: which change, under which number, whether as a repeat, to which request.
struct Accepted {
    change: u64,
    id: u64,
    repeat: bool,
    sent: Sent,
}

/// A notice about a ticket that is not there.
fn made_up(change: u64) -> String {
    let (ticket, id) = ((change + 100_000).to_string(), change.to_string());
    render_form(&[&notice(&ticket, "Submitted", "Unverified")[..], &[("Transaction_Id", &id)]].concat())
}

/// Posts until the server is gone. What is new is posted again, and sent again as it was.
fn post_until_killed(server: &Serving, next: &AtomicU64, accepted: &Mutex<Vec<Accepted>>) {
    loop {
        // Two come to the same one after the other.
        let change = next.fetch_add(1, Ordering::Relaxed) / 2;
        for _ in 0..2 {
            let sent = signed(server, &made_up(change));
            let Ok(answer) = server.post_with(FORM, &sent.0, &sent.1) else { return };
            assert_eq!(answer.status, 202, "{}", answer.text);
            let (id, repeat) = (answer.id().unwrap(), answer.is_repeat());
            accepted.lock().unwrap().push(Accepted { change, id, repeat, sent: sent.clone() });
            match server.post_with(FORM, &sent.0, &sent.1) {
                Ok(answer) => assert_eq!(answer.status, 409, "{}", answer.text),
                Err(_) => return,
            }
        }
    }
}

#[test]
fn what_a_crowd_was_told_is_stored_is_there_after_the_server_was_killed() {
    let world = World::new();
    let accepted = Mutex::new(Vec::new());
    let count = || accepted.lock().unwrap().len();
    // One counter for each pair.
    let next: Vec<AtomicU64> = (0..POSTERS / 2).map(|pair| AtomicU64::new(1_000_000 * (pair + 1))).collect();
    for kill in 1..=KILLS {
        let server = Serving::start(&world.site).unwrap();
        thread::scope(|scope| {
            for next in next.iter().chain(&next) {
                let (server, accepted) = (&server, &accepted);
                scope.spawn(move || post_until_killed(server, next, accepted));
            }
            wait_until(PATIENCE, || Ok((count() >= kill * ANSWERS).then_some(()))).unwrap();
            server.signal(Signal::KILL).unwrap();
        });
    }

    let server = Serving::start(&world.site).unwrap();
    let accepted = accepted.into_inner().unwrap();
    let mut ids = BTreeMap::new();
    let mut firsts = BTreeSet::new();
    for Accepted { change, id, repeat, sent } in &accepted {
        assert_eq!(ids.entry(*change).or_insert(*id), id, "one change, one number");
        assert!(*repeat || firsts.insert(*change), "change {change} was new twice");
        assert_eq!(status(&server, sent), 409, "its nonce is used up");
    }
    let different: BTreeSet<&u64> = ids.values().collect();
    assert_eq!(different.len(), ids.len(), "each change has a number of its own");
    for (change, id) in &ids {
        let answer = server.post_signed(FORM, &made_up(*change)).unwrap();
        assert_eq!((answer.status, answer.is_repeat(), answer.id()), (202, true, Some(*id)), "{}", answer.text);
    }
    world.flush(&server);
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}

#[test]
fn what_a_crowd_says_again_and_again_is_done_once_and_in_order() {
    let world = World::new();
    let tickets: Vec<u64> = (0..4).map(|n| world.open(&format!("storm-{n}"))).collect();
    let states = ["Unverified", "InVerification", "WaitingForResponse"];
    let server = world.serve();
    let changes: Vec<Change> =
        tickets.iter().flat_map(|ticket| states.map(|state| world.change(*ticket, "carlos", state))).collect();
    // Each change in four requests, each request sent three times.
    let mut waiting = Vec::new();
    for change in &changes {
        for _ in 0..4 {
            let sent = signed(&server, &body_of(change));
            waiting.extend([(change.id, sent.clone()), (change.id, sent.clone()), (change.id, sent)]);
        }
    }
    Dice(7).shuffle(&mut waiting);
    let (waiting, answers) = (Mutex::new(waiting), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..POSTERS {
            scope.spawn(|| {
                loop {
                    let Some((change, (body, headers))) = waiting.lock().unwrap().pop() else { break };
                    let answer = server.post_with(FORM, &body, &headers).unwrap();
                    answers.lock().unwrap().push((change, answer));
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap();
    for change in &changes {
        let mine = || answers.iter().filter(|(id, _)| *id == change.id).map(|(_, answer)| answer);
        assert_eq!(mine().filter(|answer| answer.status == 202).count(), 4, "{answers:#?}");
        assert_eq!(mine().filter(|answer| answer.status == 409).count(), 8, "{answers:#?}");
        // None is new where the server, which asks at its start for what never came, was told of the change by the desk first.
        assert!(mine().filter(|answer| answer.status == 202 && !answer.is_repeat()).count() <= 1, "{answers:#?}");
    }
    for ticket in tickets {
        let expected = [
            "Submitted -> Unverified by carlos: performed",
            "Unverified -> InVerification by carlos: performed",
            "InVerification -> WaitingForResponse by carlos: performed",
        ];
        assert_eq!(world.wait_for_history(ticket, states.len()), expected);
        assert_eq!(world.stands(ticket), "WaitingForResponse OK");
    }
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
