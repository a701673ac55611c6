use super::world::{World, second, ticket};
use crate::{Nonce, StoreError, SyncCursor, Taken};

#[tokio::test]
async fn a_nonce_is_good_once_and_forgotten_when_its_time_is_over() {
    let world = World::new().await;
    let used = async |text: &str, until, now| {
        let nonce = Nonce { text: text.to_owned(), until: second(until) };
        world.store.take(Some(&nonce), None, second(now)).await.unwrap() != Taken::Replay
    };
    assert!(used("one", 100, 0).await);
    assert!(!used("one", 100, 100).await);
    assert!(used("two", 200, 100).await);
    // After its time the request it belonged to is refused for its age, so there is nothing to remember. What is over is
    // swept out once a minute.
    assert!(used("one", 300, 160).await);
    assert!(!used("two", 200, 160).await);
}

#[tokio::test]
async fn a_database_with_releases_is_refused_to_another_ticket_system() {
    let world = World::new().await;
    world.store.agree_ticket_system("desk").await.unwrap();
    world.store.agree_ticket_system("rt").await.unwrap();
    world.store.register(ticket(1), second(0), None).await.unwrap();
    world.store.agree_ticket_system("rt").await.unwrap();
    let error = world.store.agree_ticket_system("desk").await.unwrap_err();
    assert!(matches!(&error, StoreError::OtherTicketSystem { agreed, .. } if agreed == "rt"), "{error:?}");
}

#[tokio::test]
async fn the_cursor_never_goes_back() {
    let world = World::new().await;
    world.store.agree_ticket_system("rt").await.unwrap();
    assert_eq!(world.store.load_sync_cursor().await.unwrap(), None);
    for (change, ticket) in [(7, 3), (5, 4), (9, 2)] {
        world.store.save_sync_cursor(SyncCursor { change, ticket }).await.unwrap();
    }
    let world = world.restart().await;
    assert_eq!(world.store.load_sync_cursor().await.unwrap(), Some(SyncCursor { change: 9, ticket: 4 }));
}
