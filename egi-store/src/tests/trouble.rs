use std::error::Error as _;
use std::time::Duration;

use sqlx::Executor;

use super::world::{Home, LEASE, World, notice, second, ticket};
use crate::dialect::{self, Dialect};
use crate::error::Operation;
use crate::{Patience, Store, StoreError};

const IMPATIENT: Patience = Patience { lock: Duration::from_millis(20), answer: Duration::from_secs(30) };

#[tokio::test]
async fn a_locked_database_is_trouble_that_passes() {
    let world = World::new().await;
    let store = Store::open_with(&world.url(), IMPATIENT).await.unwrap();
    let mut other = world.writing().await;
    let claim = store.claim("worker", second(0), LEASE).await.unwrap_err();
    assert_eq!(claim.to_string(), "failed to claim a message");
    assert!(claim.is_transient(), "{claim:?}");
    store.ping().await.unwrap();
    let post = store.post(&notice(1), "key", None, second(0)).await;
    if world.dialect() == Dialect::Sqlite {
        let post = post.unwrap_err();
        assert_eq!(post.to_string(), "failed to store a message (ticket 1)");
        assert!(post.is_transient(), "{post:?}");
    } else {
        assert!(post.unwrap().new, "only SQLite locks the whole database");
    }
    other.execute("ROLLBACK").await.unwrap();
    store.post(&notice(1), "key", None, second(0)).await.unwrap();
    assert_eq!(store.claim("worker", second(0), LEASE).await.unwrap().unwrap().ticket(), ticket(1));
}

#[tokio::test]
async fn opening_a_locked_database_is_trouble_that_passes() {
    let home = Home::new().await;
    let world = World::at(home).await;
    let _other = world.writing().await;
    let error = Store::open_with(&world.url(), IMPATIENT).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_a_new_database_at_once() {
    let home = Home::new().await;
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let url = home.url();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for one in opening {
        one.await.unwrap().unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused_without_showing_a_password() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://", "oracle://nsrw:secret@localhost/nsrw", "nsrw.db"] {
        let error = Store::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::UnknownDatabase { .. }), "{url}: {error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let error = Store::open("sqlite:///nowhere/at/all/nsrw.db").await.unwrap_err();
    assert_eq!(error.to_string(), "failed to open the database sqlite:///nowhere/at/all/nsrw.db");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_for_good_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nsrw.db");
    std::fs::write(&path, "precious notes, no database".repeat(100)).unwrap();
    let error = Store::open(&format!("sqlite://{}", path.display())).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(!error.is_transient() && error.source().unwrap().to_string().contains("not a database"), "{error:?}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("precious notes"));
}

#[tokio::test]
async fn tables_of_a_newer_program_are_left_alone() {
    let world = World::new().await;
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999, 'from the future', TRUE, {}, 0)",
        world.byte()
    );
    world.tamper(&newer).await;
    let error = Store::open(&world.url()).await.unwrap_err();
    assert!(matches!(error, StoreError::Migrate { .. }) && !error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn a_row_that_can_not_be_read_is_named() {
    let world = World::new().await;
    world.store.register(ticket(12), second(0), None).await.unwrap();
    world.tamper("UPDATE releases SET document = '{'").await;
    let error = world.store.load_releases().await.unwrap_err();
    let source = error.source().unwrap().to_string();
    assert!(source.contains("document of the row 12"), "{source}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_commit_is_on_disk_before_it_is_answered() {
    let world = World::at(Home::file()).await;
    for pool in [&world.store.read, &world.store.write] {
        let pragma = |name: &'static str| async move {
            let row = sqlx::query(name).fetch_one(pool).await.unwrap();
            sqlx::Row::try_get::<i64, _>(&row, 0)
                .map(|n| n.to_string())
                .or_else(|_| sqlx::Row::try_get(&row, 0))
                .unwrap()
        };
        let full = "2";
        assert_eq!(pragma("PRAGMA synchronous").await, full);
        assert_eq!(pragma("PRAGMA journal_mode").await, "wal");
        assert_eq!(pragma("PRAGMA foreign_keys").await, "1");
    }
}

#[tokio::test]
async fn a_server_is_told_to_end_silent_transactions() {
    let world = World::new().await;
    let (question, expected) = match world.dialect() {
        Dialect::Sqlite => return,
        Dialect::Postgres => ("SHOW idle_in_transaction_session_timeout", "15s"),
        Dialect::Mariadb => ("SELECT CAST(@@idle_transaction_timeout AS CHAR)", "15"),
    };
    for pool in [&world.store.read, &world.store.write] {
        let row = sqlx::query(question).fetch_one(pool).await.unwrap();
        assert_eq!(sqlx::Row::get::<String, _>(&row, 0), expected);
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_of_a_transaction_is_trouble_that_passes() {
    let world = World::new().await;
    if world.dialect() == Dialect::Sqlite {
        return;
    }
    let claim = world.claimed(1, 0).await;
    let mut tx = world.store.begin_write(Operation::new("test")).await.unwrap();
    sqlx::query("UPDATE inbox SET finished = 1").execute(&mut tx).await.unwrap();
    world.cut_connections().await;
    let cut = sqlx::query("UPDATE inbox SET finished = 2").execute(&mut tx).await.unwrap_err();
    assert!(dialect::is_transient(&cut), "{cut:?}");
    drop(tx);
    world.store.renew(&claim, second(1), LEASE).await.unwrap();
    assert_eq!(world.store.pending(second(1)).await.unwrap().len(), 1, "it was undone");
}

#[tokio::test]
async fn a_script_that_was_stopped_half_way_is_run_again() {
    let home = Home::new().await;
    if home.dialect() != Dialect::Mariadb {
        return;
    }
    let world = World::at(home).await;
    world.store.register(ticket(1), second(0), None).await.unwrap();
    world.tamper("UPDATE _sqlx_migrations SET success = FALSE WHERE version = 4; DROP TABLE closed_months").await;
    let world = world.restart().await;
    assert_eq!(world.store.load_closed_months().await.unwrap(), []);
    assert_eq!(world.store.verify_history().await.unwrap().records, 1, "what was there stays");
}
