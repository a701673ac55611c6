//! The repository's comments: each once, however often and in whatever order its requests arrive.

use std::sync::Barrier;
use std::thread;

use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_tickets::rt::{MARKER_END, MARKER_START};
use nsrw_tests::servers::rt::{ACCOUNT, Person, Reply};
use serde_json::json;

use crate::world::{World, stage};

/// How often two at once are tried.
const ROUNDS: u32 = 8;

fn comment(who: &Person, ticket: u64, subject: &str) -> Reply {
    let body = json!({ "Subject": subject, "ContentType": "text/plain", "Content": "The repository can be used." });
    who.post(&format!("ticket/{ticket}/comment"), &body).unwrap()
}

fn count(world: &World, ticket: u64) -> usize {
    let history = world.rt.person(ACCOUNT).get(&format!("ticket/{ticket}/history?fields=Type&per_page=100")).unwrap();
    history.json()["items"].as_array().unwrap().iter().filter(|entry| entry["Type"] == "Comment").count()
}

fn subject(step: u32) -> String {
    format!("{MARKER_START}plan 7 step {step}{MARKER_END}storm – été 😀")
}

#[test]
fn a_comment_of_the_repository_comes_once() {
    once(&World::start().unwrap());
}

pub(crate) fn once(world: &World) {
    let [ticket, other] = stage(&world.rt, &[(RolloutState::Unverified, Emergency::No); 2]).unwrap()[..] else {
        panic!("two were asked for")
    };
    let (account, carlos) = (world.rt.person(ACCOUNT), world.rt.person("carlos"));
    assert_eq!(comment(&account, ticket, &subject(1)).status, 201);
    let again = comment(&account, ticket, &subject(1));
    let why = "a comment \"nsrw plan 7 step 1\" is on the ticket already";
    assert_eq!((again.status, again.json()["message"].as_str().unwrap_or_default()), (400, why), "{}", again.text);
    // The ticket's title may have changed meanwhile; the marker is what counts.
    let renamed = format!("{MARKER_START}plan 7 step 1{MARKER_END}another title");
    assert_eq!(comment(&account, ticket, &renamed).status, 400);
    assert_eq!(count(world, ticket), 1);
    // Another step, another ticket, no marker, and another person are not judged.
    assert_eq!(comment(&account, ticket, &subject(11)).status, 201);
    assert_eq!(comment(&account, other, &subject(1)).status, 201);
    for who in [&account, &carlos] {
        for _ in 0..2 {
            assert_eq!(comment(who, other, "Thank you: well done").status, 201);
        }
    }
    assert_eq!(comment(&carlos, ticket, &subject(1)).status, 201);
    assert_eq!((count(world, ticket), count(world, other)), (3, 5));

    for round in 0..ROUNDS {
        let (start, subject) = (Barrier::new(2), subject(100 + round));
        let statuses: Vec<u16> = thread::scope(|scope| {
            let send = |who: Person| {
                let (start, subject) = (&start, &subject);
                scope.spawn(move || {
                    start.wait();
                    comment(&who, other, subject).status
                })
            };
            [account.clone(), account.clone()].map(send).into_iter().map(|sent| sent.join().unwrap()).collect()
        });
        assert!(statuses.contains(&201) && statuses.contains(&400), "round {round}: {statuses:?}");
    }
    assert_eq!(count(world, other), 5 + ROUNDS as usize);
}
