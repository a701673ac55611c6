//! Many notices at once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use crate::world::{Change, World};

const TICKETS: usize = 10;
const STATES: [&str; 5] =
    ["Unverified", "InVerification", "WaitingForResponse", "InVerification", "WaitingForResponse"];
const THREADS: usize = 8;

#[test]
fn fifty_notices_from_eight_threads_are_each_stored_once_and_done_in_order() {
    let world = World::new();
    let tickets: Vec<u64> = (0..TICKETS).map(|n| world.open(&format!("storm-{n}"))).collect();
    let server = world.serve();
    let change = |ticket: &u64| STATES.map(|state| world.change(*ticket, "carlos", state));
    let changes: Vec<Change> = tickets.iter().flat_map(change).collect();
    let waiting = Mutex::new(changes.clone());
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                // Taken from the end: every ticket's last change is posted first.
                loop {
                    let Some(change) = waiting.lock().unwrap().pop() else { break };
                    let answer = change.post(&server);
                    answers.lock().unwrap().push((change.id, answer));
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap();
    assert!(answers.iter().all(|(_, answer)| answer.status == 202), "{answers:#?}");
    let stored: BTreeSet<u64> = answers.iter().map(|(_, answer)| answer.id().unwrap()).collect();
    assert_eq!((answers.len(), stored.len()), (50, 50), "each has a number of its own");

    for ticket in tickets {
        assert_eq!(
            world.wait_for_history(ticket, STATES.len()),
            [
                "Submitted -> Unverified by carlos: performed",
                "Unverified -> InVerification by carlos: performed",
                "InVerification -> WaitingForResponse by carlos: performed",
                "WaitingForResponse -> InVerification by carlos: performed",
                "InVerification -> WaitingForResponse by carlos: performed",
            ]
        );
        assert_eq!(world.stands(ticket), "WaitingForResponse OK");
    }
    let number = |id: &u64| answers.iter().find(|(change, _)| change == id).and_then(|(_, answer)| answer.id());
    for change in &changes {
        let again = change.post(&server);
        assert_eq!((again.is_repeat(), again.id()), (true, number(&change.id)));
    }
    assert_eq!(server.stop().unwrap(), 0);
    world.assert_sound();
}
