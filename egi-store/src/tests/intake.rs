use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sqlx::Executor;

use super::world::{Home, LEASE, World, notice, second, ticket};
use crate::dialect::Dialect;
use crate::intake::{Row, store_all};
use crate::{Message, NewMessage, Nonce, Patience, Posted, Store, StoreError, Taken};

const POSTERS: usize = 40;
const POSTS: usize = 10;
/// So many posts have the same key, and so many others the same nonce.
const SAME: usize = 4;

fn nonce(text: &str) -> Nonce {
    Nonce { text: text.to_owned(), until: second(300) }
}

fn message(of: u64, dedupe: &str) -> NewMessage {
    NewMessage { message: notice(of), dedupe: dedupe.to_owned(), order: None }
}

fn row(nonce: Option<&Nonce>, new: &NewMessage) -> Row {
    Row::new(nonce, Some((&new.message, &new.dedupe, new.order)), second(0)).unwrap()
}

fn posted(taken: &Taken) -> Posted {
    let Taken::Stored(Some(posted)) = taken else { panic!("it was not stored: {taken:?}") };
    *posted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_crowd_each_message_is_stored_once_and_each_nonce_used_once() {
    let world = World::new().await;
    let posting: Vec<_> = (0..POSTERS)
        .map(|poster| {
            let store = world.store.clone();
            tokio::spawn(async move {
                let mut answers = Vec::new();
                for post in 0..POSTS {
                    let number = poster * POSTS + post;
                    // Posts of one key have different nonces, and of each nonce there is one post of each of some keys.
                    let (key, used) = (format!("change {}", number / SAME), format!("nonce {}", number % (400 / SAME)));
                    let taken = store.take(Some(&nonce(&used)), Some(&message(1, &key)), second(0)).await.unwrap();
                    answers.push((key, used, taken));
                }
                answers
            })
        })
        .collect();
    let (mut ids, mut new, mut used) = (BTreeMap::new(), 0, Vec::new());
    for poster in posting {
        for (key, nonce, taken) in poster.await.unwrap() {
            let Taken::Stored(Some(Posted { id, new: is_new })) = taken else { continue };
            assert_eq!(*ids.entry(key).or_insert(id), id, "one key, one number");
            new += usize::from(is_new);
            used.push(nonce);
        }
    }
    let once: BTreeSet<&String> = used.iter().collect();
    assert_eq!((used.len(), once.len()), (400 / SAME, 400 / SAME), "each nonce was good for one");
    let stored: BTreeSet<_> = world.store.pending(second(1)).await.unwrap().iter().map(|pending| pending.id).collect();
    assert_eq!((stored.len(), stored), (new, ids.into_values().collect()), "nothing of a replay was stored");
}

#[tokio::test]
async fn of_what_is_posted_together_the_first_counts() {
    let world = World::new().await;
    let (one, other) = (nonce("one"), nonce("other"));
    let rows = [
        row(Some(&one), &message(1, "a")),
        row(Some(&one), &message(2, "b")),
        row(Some(&other), &message(1, "a")),
        row(None, &message(2, "b")),
    ];
    let together: Vec<Taken> = store_all(&world.store.write, &rows).await.into_iter().map(Result::unwrap).collect();
    let again: Vec<Taken> = store_all(&world.store.write, &rows).await.into_iter().map(Result::unwrap).collect();
    let [first, replay, repeat, last] = <[Taken; 4]>::try_from(together).unwrap();
    assert_eq!(replay, Taken::Replay);
    assert!(posted(&first).new && posted(&last).new);
    assert_eq!(posted(&repeat), Posted { new: false, ..posted(&first) });
    let known = Taken::Stored(Some(Posted { new: false, ..posted(&last) }));
    assert_eq!(again, [Taken::Replay, Taken::Replay, Taken::Replay, known]);
    assert_eq!(world.store.pending(second(1)).await.unwrap().len(), 2);
}

/// A key that no row can have here.
async fn impossible_key(world: &World) -> String {
    match world.dialect() {
        Dialect::Sqlite => {
            let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON inbox WHEN NEW.dedupe = 'no'
                          BEGIN SELECT RAISE(ABORT, 'not this one'); END";
            world.tamper(refuse).await;
            "no".to_owned()
        }
        Dialect::Postgres => "no\0".to_owned(),
        Dialect::Mariadb => "no".repeat(200),
    }
}

#[tokio::test]
async fn a_row_that_can_not_be_stored_spoils_none_of_the_others_and_uses_no_nonce_up() {
    let world = World::new().await;
    let key = impossible_key(&world).await;
    let nonces: Vec<Nonce> = (0..5).map(|n| nonce(&format!("nonce {n}"))).collect();
    let rows: Vec<Row> = (0..5)
        .map(|n| row(Some(&nonces[n]), &message(n as u64 + 1, if n == 2 { &key } else { ["a", "b", "", "d", "e"][n] })))
        .collect();
    let results = store_all(&world.store.write, &rows).await;
    for (n, result) in results.iter().enumerate() {
        match result {
            Ok(taken) => assert!(n != 2 && posted(taken).new),
            Err(error) => {
                assert!(n == 2 && !error.is_transient(), "{error:?}");
                assert_eq!(error.to_string(), "failed to store a message (ticket 3)");
            }
        }
    }
    assert_eq!(world.store.pending(second(1)).await.unwrap().len(), 4);
    let taken = world.store.take(Some(&nonces[2]), Some(&message(3, "c")), second(1)).await.unwrap();
    assert!(posted(&taken).new, "its nonce is still good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_locked_database_everybody_hears_and_nothing_is_stored() {
    let world = World::at(Home::file()).await;
    let patience = Patience { lock: Duration::from_millis(20), ..Patience::default() };
    let store = Store::open_with(&world.url(), patience).await.unwrap();
    let mut other = world.writing().await;
    let post = |store: &Store, number: u64| {
        let store = store.clone();
        tokio::spawn(async move {
            let nonce = nonce(&format!("nonce {number}"));
            store.take(Some(&nonce), Some(&message(number, &format!("key {number}"))), second(0)).await
        })
    };
    for posting in (1..=20).map(|number| post(&store, number)).collect::<Vec<_>>() {
        let error = posting.await.unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Batch { .. }) && error.is_transient(), "{error:?}");
    }
    other.execute("ROLLBACK").await.unwrap();
    assert_eq!(store.pending(second(1)).await.unwrap(), []);
    for posting in (1..=20).map(|number| post(&store, number)).collect::<Vec<_>>() {
        assert!(posted(&posting.await.unwrap().unwrap()).new);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_is_let_in_for_a_while_and_nobody_is_waited_for_longer() {
    let world = World::at(Home::file()).await;
    let mut other = world.writing().await;
    let post = |number: u64| {
        let store = world.store.clone();
        tokio::spawn(async move { store.take(None, Some(&message(number, &format!("key {number}"))), second(0)).await })
    };
    let crowd: Vec<_> = (1..=20).map(post).collect();
    let stood_back = async |store: &Store| {
        let begun = Instant::now();
        store.let_in().await;
        begun.elapsed()
    };
    while stood_back(&world.store).await < Duration::from_millis(100) {}
    other.execute("ROLLBACK").await.unwrap();
    for posting in crowd {
        assert!(posted(&posting.await.unwrap().unwrap()).new);
    }
    assert!(stood_back(&world.store).await < Duration::from_millis(100));
}

#[tokio::test]
async fn a_notice_waits_for_no_other_transaction_on_a_server() {
    let world = World::new().await;
    if world.dialect() == Dialect::Sqlite {
        return;
    }
    // A worker that is frozen in its turn.
    let mut frozen = world.writing().await;
    let taken = world.store.take(Some(&nonce("one")), Some(&message(1, "a")), second(0)).await.unwrap();
    assert!(posted(&taken).new);
    frozen.execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn what_is_stored_together_is_claimed_one_by_one() {
    let world = World::new().await;
    let rows = [row(None, &message(1, "a")), row(None, &message(2, "b"))];
    assert!(store_all(&world.store.write, &rows).await.iter().all(Result::is_ok));
    for number in [1, 2] {
        let claim = world.store.claim("worker", second(1), LEASE).await.unwrap().unwrap();
        let Message::Notice(told) = &claim.message else { panic!("it is a notice") };
        assert_eq!((claim.ticket(), told.ticket, claim.received), (ticket(number), ticket(number), second(0)));
    }
}
