//! Sites whose data is in a database on a server: `PostgreSQL` and `MariaDB`, real ones, each test's own.
//!
//! The store's own tests run on them by `on-databases`; here are whole sites, and many workers at one.
//!
//! The crowd is small each time. `NSRW_CROWD=TICKETS` or `TICKETS:SEED` makes it as large as is wanted; what was done to it
//! is printed, which `cargo nextest run -p nsrw-tests --test databases --no-capture` shows.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops where its world fails")]

mod copy;
mod crowd;
mod frozen;
mod outage;
mod scenarios;
#[path = "../notices/slow.rs"]
mod slow;
mod slow_disk;
#[path = "../notices/world.rs"]
#[expect(dead_code, reason = "the tests of notices use the rest of it")]
mod world;

use nsrw_tests::servers::database::{DatabaseKind, DatabaseServer};

use crate::world::World;

/// A site on a new database of this kind, whose workers take over from each other after a second.
fn site_on(kind: DatabaseKind) -> (DatabaseServer, World) {
    let server = DatabaseServer::start(kind).unwrap();
    let world = World::new();
    world.site.use_database(&server.make_database().unwrap()).unwrap();
    world.site.change_setting("worker.lease_seconds", "1").unwrap();
    (server, world)
}

/// A test on each kind of server.
macro_rules! on_each {
    ($($test:ident),+) => {
        mod on_postgres {
            $(#[test] fn $test() { super::$test(nsrw_tests::servers::database::DatabaseKind::Postgres); })+
        }
        mod on_mariadb {
            $(#[test] fn $test() { super::$test(nsrw_tests::servers::database::DatabaseKind::Mariadb); })+
        }
    };
}
use on_each;
