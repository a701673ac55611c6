//! What differs between databases: how a connection is prepared, how a transaction begins, which tables script fits.
//!
//! Everything else is SQL that all of them understand. It relies on this: no two write transactions interleave. What
//! one has read is still true when it commits, or it fails with a transient error.

use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType};
use sqlx::sqlite::SqliteError;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// One file, `SQLite`.
    Sqlite,
}

/// The primary result codes of `SQLite` for trouble that can pass: busy, locked, input or output failed, disk full, can
/// not open.
const PASSING: [i32; 5] = [5, 6, 10, 13, 14];

impl Dialect {
    /// The dialect of the database at `url`, if it is one the store can use. A database in memory is not: each
    /// connection would see its own.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let file = url.strip_prefix("sqlite://")?;
        (!file.is_empty() && file != ":memory:").then_some(Self::Sqlite)
    }

    /// The URL that also creates the database when it is missing. One with parameters is used as it is given.
    pub(crate) fn creating(self, url: &str) -> String {
        match self {
            Self::Sqlite if url.contains('?') => url.to_owned(),
            Self::Sqlite => format!("{url}?mode=rwc"),
        }
    }

    /// How many connections may write. `SQLite` has one writer at a time; a queue in front of a single connection is
    /// fairer than many connections that poll for the lock.
    pub(crate) const fn writers(self) -> u32 {
        match self {
            Self::Sqlite => 1,
        }
    }

    /// Begins a transaction that writes. `SQLite` takes the write lock at once: a transaction that read first and then
    /// wanted to write would be refused when another one wrote in between.
    pub(crate) const fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
        }
    }

    /// Begins a transaction that reads everything as of one moment.
    pub(crate) const fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN DEFERRED",
        }
    }

    /// Prepares a fresh connection, which then waits up to `patience` for a lock that another process holds.
    ///
    /// `synchronous = FULL`: with the write-ahead log, `NORMAL` leaves the last commits to the operating system, and a
    /// power cut would lose messages that were already answered with 202.
    pub(crate) fn prepare(self, patience: Duration) -> SqlStr {
        match self {
            Self::Sqlite => AssertSqlSafe(format!(
                "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
                patience.as_millis()
            ))
            .into_sql_str(),
        }
    }

    /// The scripts that build the tables, oldest first. A script that was ever released is never changed.
    pub(crate) fn migrations(self) -> Vec<Migration> {
        match self {
            Self::Sqlite => vec![
                migration(1, "foundation", include_str!("migrations/sqlite/0001_foundation.sql")),
                migration(2, "ticket_system", include_str!("migrations/sqlite/0002_ticket_system.sql")),
                migration(3, "imports", include_str!("migrations/sqlite/0003_imports.sql")),
                migration(4, "numbers", include_str!("migrations/sqlite/0004_numbers.sql")),
                migration(5, "mailings", include_str!("migrations/sqlite/0005_mailings.sql")),
                migration(6, "early_adopters", include_str!("migrations/sqlite/0006_early_adopters.sql")),
                migration(7, "waivers", include_str!("migrations/sqlite/0007_waivers.sql")),
            ],
        }
    }
}

fn migration(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration::new(version, name.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
}

/// Whether trying again can help.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        Some(database) => database
            .try_downcast_ref::<SqliteError>()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<i32>().ok())
            // The low byte of an extended code is the primary one.
            .is_some_and(|code| PASSING.contains(&(code & 0xff))),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed),
    }
}
