use egi_model::history::Outcome;
use egi_model::rollout::RolloutState;
use egi_workflow::record::ReleaseRecord;

use super::world::{LEASE, World, facts, notice, plan_to, record, second, ticket};
use crate::Message;

use RolloutState::{Deferred, Failed, InVerification, Production, Rejected, StageRollout, Submitted};

#[tokio::test]
async fn a_release_is_registered_once() {
    let world = World::new().await;
    assert_eq!(world.store.load_release(ticket(7)).await.unwrap(), None);
    let first = world.store.register(ticket(7), second(1), Some("provider".to_owned())).await.unwrap();
    let again = world.store.register(ticket(7), second(9), None).await.unwrap();
    assert_eq!(first, ReleaseRecord::submitted(ticket(7), second(1)));
    assert_eq!(again, first);
    assert_eq!(world.store.load_releases().await.unwrap(), [first]);

    let history = world.store.load_history(Some(ticket(7))).await.unwrap();
    let [only] = history.as_slice() else { panic!("{history:?}") };
    let entry = &only.entry;
    assert_eq!((entry.from, entry.asked, entry.to), (Submitted, Submitted, Submitted));
    assert_eq!((entry.outcome, entry.at, entry.by.as_deref()), (Outcome::Performed, second(1), Some("provider")));
}

#[tokio::test]
async fn the_slot_is_held_in_staged_rollout_also_while_failed() {
    let world = World::new().await;
    let holder = || world.store.slot_holder("slot of storm", ticket(9));
    world.settle(&record(1, "storm", InVerification), 1).await;
    assert_eq!(holder().await.unwrap(), None);
    world.settle(&record(1, "storm", StageRollout), 2).await;
    assert_eq!(holder().await.unwrap(), Some(ticket(1)));
    assert_eq!(world.store.slot_holder("slot of storm", ticket(1)).await.unwrap(), None, "not against itself");
    assert_eq!(world.store.slot_holder("slot of dpm", ticket(9)).await.unwrap(), None);
    world.settle(&ReleaseRecord { state: Failed, ..record(1, "storm", StageRollout) }, 3).await;
    assert_eq!(holder().await.unwrap(), Some(ticket(1)));
    world.settle(&record(1, "storm", Production), 4).await;
    assert_eq!(holder().await.unwrap(), None);
}

#[tokio::test]
async fn the_same_release_is_found_whatever_its_spelling() {
    let world = World::new().await;
    let product = facts("storm", "1").product();
    let same = |version: &str, except| {
        let version = version.parse().unwrap();
        let (store, product) = (world.store.clone(), product.clone());
        async move { store.same_release(&product, &version, ticket(except)).await.unwrap() }
    };
    world.settle(&record(1, "storm", Production), 1).await;
    world.settle(&record(2, "dpm", Production), 2).await;
    assert_eq!(same("1.0", 9).await, Some(ticket(1)));
    assert_eq!(same("1.00.0", 9).await, Some(ticket(1)));
    assert_eq!(same("1.0.1", 9).await, None);
    assert_eq!(same("1.0.0", 1).await, None);
    world.settle(&record(1, "storm", Rejected), 3).await;
    assert_eq!(same("1.0.0", 9).await, None, "it ended without being published");
}

async fn calls(world: &World) -> Vec<u64> {
    world.store.wakeable().await.unwrap().into_iter().map(|call| call.ticket.get()).collect()
}

/// A deferred release; its ticket number says nothing about how long it waits.
async fn defer(world: &World, number: u64, product: &str, at: i64) {
    world.settle(&record(number, product, Deferred), at).await;
}

#[tokio::test]
async fn of_each_free_slot_the_oldest_is_woken() {
    let world = World::new().await;
    world.settle(&record(1, "storm", StageRollout), 1).await;
    defer(&world, 5, "storm", 2).await;
    defer(&world, 4, "storm", 3).await;
    defer(&world, 3, "dpm", 3).await;
    defer(&world, 2, "dpm", 3).await;
    assert_eq!(calls(&world).await, [2], "storm's slot is held; of two as old the lower ticket");
    world.settle(&record(1, "storm", Production), 4).await;
    assert_eq!(calls(&world).await, [5, 2], "oldest first");
}

#[tokio::test]
async fn nobody_is_woken_in_place_of_the_oldest() {
    let world = World::new().await;
    defer(&world, 1, "storm", 1).await;
    defer(&world, 2, "storm", 2).await;
    world.store.post(&notice(1), "open", None, second(3)).await.unwrap();
    assert_eq!(calls(&world).await, [] as [u64; 0]);
    let claim = world.store.claim("worker", second(4), LEASE).await.unwrap().unwrap();
    world.store.dismiss(&claim, "nothing", second(4)).await.unwrap();
    assert_eq!(calls(&world).await, [1]);
}

#[tokio::test]
async fn a_wake_that_came_to_nothing_is_repeated_once_something_changed() {
    let world = World::new().await;
    defer(&world, 1, "storm", 1).await;
    let wake = |at| {
        let store = world.store.clone();
        async move {
            let call = store.wakeable().await.unwrap().remove(0);
            let message = Message::Wake { ticket: call.ticket };
            store.post(&message, &call.dedupe, None, second(at)).await.unwrap().new
        }
    };
    assert!(wake(2).await);
    let claim = world.store.claim("worker", second(2), LEASE).await.unwrap().unwrap();
    world.store.dismiss(&claim, "the slot was taken again", second(2)).await.unwrap();
    assert!(!wake(3).await, "nothing changed: not again");
    world.settle(&record(2, "storm", StageRollout), 4).await;
    world.settle(&record(2, "storm", Production), 5).await;
    assert!(wake(6).await);
}

#[tokio::test]
async fn a_slot_that_is_about_to_be_taken_is_not_free() {
    let world = World::new().await;
    defer(&world, 1, "storm", 1).await;
    let claim = world.claimed(2, 2).await;
    let plan = plan_to(&record(2, "storm", StageRollout));
    world.store.open_plan(&claim, &plan, second(2)).await.unwrap();
    assert_eq!(calls(&world).await, [] as [u64; 0]);
}

#[tokio::test]
async fn a_slot_may_have_any_name() {
    let world = World::new().await;
    let name = "ü".repeat(3000);
    let mut long = record(1, "storm", StageRollout);
    if let Some(facts) = &mut long.facts {
        facts.slot.clone_from(&name);
        facts.release.provider.name.clone_from(&name);
    }
    world.settle(&long, 1).await;
    assert_eq!(world.store.slot_holder(&name, ticket(9)).await.unwrap(), Some(ticket(1)));
    assert_eq!(world.store.slot_holder(&"ü".repeat(2999), ticket(9)).await.unwrap(), None);
    assert_eq!(world.store.load_release(ticket(1)).await.unwrap().unwrap().facts.unwrap().slot, name);
}
