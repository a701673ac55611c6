use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use egi_model::digest::Sha256;
use egi_workflow::plan::{Plan, StepLog};

use super::world::{LEASE, World, notice, second, ticket};
use crate::{Claim, PlanId, Store};

const MESSAGES: u64 = 200;
const TICKETS: u64 = 7;
const WORKERS: usize = 8;

/// What all workers write down together.
#[derive(Default)]
struct Ledger {
    /// The ticket being worked on → by whom.
    busy: BTreeMap<u64, usize>,
    /// The tickets' messages in the order they were worked on.
    done: BTreeMap<u64, Vec<Claim>>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_workers_share_the_inbox_without_doing_anything_twice() {
    let world = World::new().await;
    for number in 0..MESSAGES {
        // Change numbers fall while messages come: each ticket's order is the reverse of its arrival.
        let (of, order) = (number % TICKETS + 1, MESSAGES - number);
        world.store.post(&notice(of), &format!("change {order}"), Some(order), second(0)).await.unwrap();
    }
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let workers: Vec<_> = (0..WORKERS)
        .map(|me| {
            let (url, ledger) = (world.url(), Arc::clone(&ledger));
            // Each has a store of its own, as on several machines.
            tokio::spawn(async move { drain(me, &Store::open(&url).await.unwrap(), &ledger).await })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }

    let done = std::mem::take(&mut ledger.lock().unwrap().done);
    assert_eq!(done.values().map(Vec::len).sum::<usize>(), usize::try_from(MESSAGES).unwrap());
    for (of, claims) in done {
        assert!(claims.iter().all(|claim| claim.attempt == 1 && claim.ticket() == ticket(of)));
        assert!(claims.windows(2).all(|pair| pair[0].id > pair[1].id), "the last to come had the first change");
    }
    assert_eq!(world.store.pending(second(1)).await.unwrap(), []);
}

async fn drain(me: usize, store: &Store, ledger: &Mutex<Ledger>) {
    // Nothing claimable does not mean done: the others may hold every ticket.
    while !store.pending(second(1)).await.unwrap().is_empty() {
        let Some(claim) = store.claim(&format!("worker {me}"), second(1), LEASE).await.unwrap() else {
            tokio::task::yield_now().await;
            continue;
        };
        let of = claim.ticket().get();
        assert_eq!(ledger.lock().unwrap().busy.insert(of, me), None, "ticket {of} is worked on twice");
        tokio::task::yield_now().await;
        {
            let mut ledger = ledger.lock().unwrap();
            assert_eq!(ledger.busy.remove(&of), Some(me));
            ledger.done.entry(of).or_default().push(claim.clone());
        }
        store.dismiss(&claim, "done", second(1)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_post_from_many_sides_is_stored_once() {
    let world = World::new().await;
    let posts: Vec<_> = (0..16)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.post(&notice(1), "the same", Some(1), second(0)).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for post in posts {
        new += usize::from(post.await.unwrap().new);
    }
    assert_eq!(new, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_release_registered_from_many_sides_has_one_first_entry() {
    let world = World::new().await;
    let registering: Vec<_> = (0..16)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move { store.register(ticket(1), second(0), None).await.unwrap() })
        })
        .collect();
    for one in registering {
        one.await.unwrap();
    }
    assert_eq!(world.store.load_history(None).await.unwrap().len(), 1);
    assert_eq!(world.store.verify_history().await.unwrap().faults, []);
}

/// Does not run: it compiles as long as a worker may await every call on a runtime of several threads.
#[expect(dead_code, reason = "compiling it is the test")]
fn every_call_may_change_threads(store: &Store, claim: &Claim, id: PlanId, plan: &Plan, log: &StepLog) {
    fn assert_send(_: impl Send) {}
    let (at, record, major) = (second(0), &plan.settles, plan.settles.facts.as_ref().map(|f| f.major.clone()));
    assert_send((Store::open(""), store.ping(), store.close()));
    assert_send((store.load_target_areas(), store.save_target_area(plan.from, None)));
    assert_send((store.agree_majors(&[], at), store.load_majors()));
    assert_send(major.map(|major| async move { store.load_agreements(&major.id).await }));
    assert_send((store.save_document(&[]), store.load_document(Sha256::of(&[]))));
    assert_send((store.post(&claim.message, "", None, at), store.claim("", at, LEASE), store.renew(claim, at, LEASE)));
    assert_send((
        store.put_back(claim, at, ""),
        store.dismiss(claim, "", at),
        store.take(None, None, at),
        store.pending(at),
        store.pending_of(plan.ticket, at),
        store.load_held(at),
        store.load_known_changes(&[]),
    ));
    assert_send((store.open_plan(claim, plan, at), store.load_open_plan(claim), store.log_step(claim, id, log, at)));
    assert_send((store.fail_plan(claim, id, plan, at), store.close_plan(claim, id, record, &plan.entry(at), &[], at)));
    assert_send((store.load_plans(plan.ticket), store.load_history(None), store.verify_history()));
    assert_send((store.register(plan.ticket, at, None), store.load_release(plan.ticket), store.load_releases()));
    assert_send((store.slot_holder("", plan.ticket), store.wakeable()));
}
