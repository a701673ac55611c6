use egi_model::notice::{FaultyNotice, FieldFault, Notice};

use super::world::{LEASE, World, notice, second, ticket};
use crate::{InboxId, Message, Posted, StoreError};

async fn next(world: &World, at: i64) -> Option<u64> {
    let claim = world.store.claim("worker", second(at), LEASE).await.unwrap();
    claim.map(|claim| claim.ticket().get())
}

#[tokio::test]
async fn a_message_is_stored_once_per_dedupe_key() {
    let world = World::new().await;
    let first = world.store.post(&notice(1), "change 7", Some(7), second(0)).await.unwrap();
    let again = world.store.post(&notice(1), "change 7", Some(7), second(5)).await.unwrap();
    let other = world.store.post(&notice(1), "change 8", Some(8), second(6)).await.unwrap();
    assert!(first.new && other.new);
    assert_eq!(again, Posted { id: first.id, new: false });
    assert_eq!(world.store.pending(second(9)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_kind_of_message_comes_out_as_it_went_in() {
    let world = World::new().await;
    let faults = vec![FieldFault { field: "Ticket_Id".to_owned(), message: "wrong".to_owned() }];
    let unread = FaultyNotice { ticket: Some(ticket(2)), faults: faults.clone() };
    assert_eq!(Message::of_faulty(FaultyNotice { ticket: None, faults: faults.clone() }), None);
    let messages = [notice(1), Message::of_faulty(unread).unwrap(), Message::Wake { ticket: ticket(3) }];
    for message in &messages {
        world.store.post(message, &format!("{message:?}"), None, second(0)).await.unwrap();
    }
    for message in messages {
        let claim = world.store.claim("worker", second(1), LEASE).await.unwrap().unwrap();
        assert_eq!((claim.message, claim.received, claim.attempt, claim.tries), (message, second(0), 1, 0));
    }
}

#[tokio::test]
async fn one_message_of_a_ticket_at_a_time_in_the_order_of_the_changes() {
    let world = World::new().await;
    world.store.post(&notice(1), "late", Some(20), second(0)).await.unwrap();
    world.store.post(&Message::Wake { ticket: ticket(1) }, "wake", None, second(1)).await.unwrap();
    world.store.post(&notice(1), "early", Some(10), second(2)).await.unwrap();
    world.store.post(&notice(2), "other", Some(30), second(3)).await.unwrap();

    let mut order = Vec::new();
    for at in [10, 11, 12] {
        let claim = world.store.claim("worker", second(at), LEASE).await.unwrap().unwrap();
        assert_eq!(claim.ticket(), ticket(1));
        if at == 10 {
            assert_eq!(next(&world, at).await, Some(2), "another ticket does not wait");
            assert_eq!(next(&world, at).await, None, "a second message of ticket 1 does");
        }
        world.store.dismiss(&claim, "nothing to do", second(at)).await.unwrap();
        order.push(claim.id);
    }
    assert_eq!(order, [InboxId(3), InboxId(1), InboxId(2)]);
}

#[tokio::test]
async fn a_message_put_back_waits_and_holds_up_its_ticket_alone() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    world.store.post(&notice(1), "next", None, second(1)).await.unwrap();
    world.store.post(&notice(2), "other", None, second(1)).await.unwrap();
    world.store.put_back(&claim, second(100), "RT does not answer").await.unwrap();

    assert_eq!(next(&world, 50).await, Some(2));
    assert_eq!(next(&world, 50).await, None);
    let again = world.store.claim("worker", second(100), LEASE).await.unwrap().unwrap();
    assert_eq!((again.id, again.attempt, again.tries), (claim.id, 2, 1));
}

#[tokio::test]
async fn a_lease_that_ran_out_can_be_taken_over() {
    let world = World::new().await;
    let old = world.claimed(1, 0).await;
    assert_eq!(next(&world, 59).await, None);
    world.store.renew(&old, second(50), LEASE).await.unwrap();
    assert_eq!(next(&world, 109).await, None, "prolonged until 110");
    let new = world.store.claim("second worker", second(110), LEASE).await.unwrap().unwrap();
    assert_eq!((new.id, new.attempt), (old.id, 2));
}

#[tokio::test]
async fn a_claim_that_was_taken_over_can_write_nothing() {
    let world = World::new().await;
    let old = world.claimed(1, 0).await;
    let new = world.store.claim("second worker", second(100), LEASE).await.unwrap().unwrap();
    let lost = |result: Result<(), StoreError>| matches!(result, Err(StoreError::LeaseLost { .. }));
    assert!(lost(world.store.renew(&old, second(101), LEASE).await));
    assert!(lost(world.store.put_back(&old, second(101), "note").await));
    assert!(lost(world.store.dismiss(&old, "note", second(101)).await));
    world.store.dismiss(&new, "note", second(102)).await.unwrap();
    assert!(lost(world.store.dismiss(&new, "note", second(103)).await), "done is done");
}

#[tokio::test]
async fn a_claim_that_was_put_back_is_over() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    world.store.put_back(&claim, second(10), "later").await.unwrap();
    let renewed = world.store.renew(&claim, second(5), LEASE).await;
    assert!(matches!(renewed, Err(StoreError::LeaseLost { .. })), "{renewed:?}");
}

#[tokio::test]
async fn claiming_an_earlier_change_ends_the_expired_claim_on_a_later_one() {
    let world = World::new().await;
    world.store.post(&notice(1), "later", Some(20), second(0)).await.unwrap();
    let frozen = world.store.claim("frozen", second(0), LEASE).await.unwrap().unwrap();
    world.store.post(&notice(1), "earlier", Some(10), second(1)).await.unwrap();
    assert_eq!(next(&world, 2).await, None, "the later one is under a live lease");

    let earlier = world.store.claim("worker", second(100), LEASE).await.unwrap().unwrap();
    assert_ne!(earlier.id, frozen.id);
    let renewed = world.store.renew(&frozen, second(100), LEASE).await;
    assert!(matches!(renewed, Err(StoreError::LeaseLost { .. })), "{renewed:?}");
}

#[tokio::test]
async fn people_see_what_waits_and_why() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    world.store.put_back(&claim, second(100), "RT does not answer").await.unwrap();
    world.claimed(2, 1).await;
    let [first, second_] = <[_; 2]>::try_from(world.store.pending(second(2)).await.unwrap()).unwrap();
    assert_eq!(world.store.pending_of(ticket(1), second(2)).await.unwrap(), std::slice::from_ref(&first));
    assert_eq!((first.tries, first.not_before, first.worker), (1, second(100), None));
    assert_eq!(first.note.as_deref(), Some("RT does not answer"));
    assert_eq!(second_.worker.as_deref(), Some("worker"));
    assert_eq!(world.store.pending_of(ticket(3), second(2)).await.unwrap(), []);
    assert_eq!(world.store.load_held(second(2)).await.unwrap(), [(second_.id, "worker".to_owned())]);
    assert_eq!(world.store.load_held(second(1000)).await.unwrap(), []);
    let later = world.store.pending(second(1000)).await.unwrap();
    assert_eq!(later[1].worker, None, "its lease ran out");
}

#[tokio::test]
async fn known_changes_are_known_also_when_they_are_done() {
    let world = World::new().await;
    let asked = [1, 12, 30, u64::MAX];
    assert!(world.store.load_known_changes(&asked).await.unwrap().is_empty());
    for (dedupe, order) in [("a", Some(30)), ("b", None), ("c", Some(12)), ("hostile", Some(u64::MAX))] {
        world.store.post(&notice(1), dedupe, order, second(0)).await.unwrap();
    }
    while let Some(claim) = world.store.claim("worker", second(1), LEASE).await.unwrap() {
        world.store.dismiss(&claim, "done", second(1)).await.unwrap();
    }
    assert_eq!(world.store.load_known_changes(&asked).await.unwrap(), [12, 30].into());
    assert_eq!(world.store.load_known_changes(&[31, 12]).await.unwrap(), [12].into(), "none that was not asked for");
    let many: Vec<u64> = (1..=2000).collect();
    assert_eq!(world.store.load_known_changes(&many).await.unwrap(), [12, 30].into());
}

#[tokio::test]
async fn a_number_that_is_not_its_own_is_free_for_the_change_that_has_it() {
    let world = World::new().await;
    let Message::Notice(told) = notice(1) else { panic!("it is a notice") };
    let numbered = Message::Notice(Notice { change: Some(7), ..told });
    world.store.post(&numbered, "change-7", Some(7), second(0)).await.unwrap();
    let claim = world.store.claim("worker", second(1), LEASE).await.unwrap().unwrap();
    world.store.disown_change(&claim).await.unwrap();
    assert!(world.store.load_known_changes(&[7]).await.unwrap().is_empty());
    let pending = world.store.pending(second(1)).await.unwrap();
    assert_eq!(pending.iter().map(|m| &m.message).collect::<Vec<_>>(), [&notice(1)]);
    world.store.disown_change(&claim).await.unwrap();
    world.store.dismiss(&claim, "no such change", second(1)).await.unwrap();
    let disowned = world.store.disown_change(&claim).await;
    assert!(matches!(disowned, Err(StoreError::LeaseLost { .. })), "{disowned:?}");

    let own = world.store.post(&notice(2), "change-7", Some(7), second(2)).await.unwrap();
    assert!(own.new && own.id != claim.id);
    assert_eq!(world.store.load_known_changes(&[7]).await.unwrap(), [7].into());
}

#[tokio::test]
async fn keys_are_told_apart_by_case_accents_and_blanks() {
    let world = World::new().await;
    for dedupe in ["e", "E", "é", "e ", " e", "e\u{301}", ""] {
        assert!(world.store.post(&notice(1), dedupe, None, second(0)).await.unwrap().new, "{dedupe:?}");
    }
    assert!(!world.store.post(&notice(1), "é", None, second(0)).await.unwrap().new);
}

#[tokio::test]
async fn a_note_may_say_anything() {
    let world = World::new().await;
    let claim = world.claimed(1, 0).await;
    world.store.put_back(&claim, second(1), "it says \"\0\\ 😀' ?\"").await.unwrap();
    let [pending] = <[_; 1]>::try_from(world.store.pending(second(2)).await.unwrap()).unwrap();
    assert_eq!(pending.note.as_deref(), Some("it says \"\u{fffd}\\ 😀' ?\""));
}
