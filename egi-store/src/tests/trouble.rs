use std::error::Error as _;
use std::time::Duration;

use sqlx::Executor;

use super::world::{LEASE, World, notice, second, ticket};
use crate::{Store, StoreError};

#[tokio::test]
async fn a_locked_database_is_trouble_that_passes() {
    let world = World::new().await;
    let store = Store::open_with(&world.url(), Duration::from_millis(20)).await.unwrap();
    let mut other = world.raw().await;
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let post = store.post(&notice(1), "key", None, second(0)).await.unwrap_err();
    let claim = store.claim("worker", second(0), LEASE).await.unwrap_err();
    assert_eq!(post.to_string(), "failed to store a message (ticket 1)");
    assert!(post.is_transient() && claim.is_transient());
    store.ping().await.unwrap();
    other.execute("ROLLBACK").await.unwrap();
    assert!(store.post(&notice(1), "key", None, second(0)).await.unwrap().new);
}

#[tokio::test]
async fn opening_a_locked_new_database_is_trouble_that_passes() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("nsrw.db").display());
    Store::open(&url).await.unwrap().close().await;
    let mut other = <sqlx::AnyConnection as sqlx::Connection>::connect(&url).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let error = Store::open_with(&url, Duration::from_millis(20)).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_may_open_a_new_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("nsrw.db").display());
    let opening: Vec<_> = (0..6)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move { Store::open(&url).await })
        })
        .collect();
    for one in opening {
        one.await.unwrap().unwrap().ping().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_no_database_is_refused_without_showing_a_password() {
    for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite://", "mysql://nsrw:secret@localhost/nsrw", "nsrw.db"] {
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
    world
        .tamper(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (999, 'from the future', TRUE, X'00', 0)",
        )
        .await;
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
    let world = World::new().await;
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
