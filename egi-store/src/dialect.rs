//! What differs between databases: how a connection is prepared, how a transaction begins, how a statement is worded,
//! and which trouble passes.
//!
//! Everything else is SQL that all of them understand. It relies on this: no two write transactions interleave. What
//! one has read is still true when it commits, or it fails with a transient error. `SQLite` has one writer at a time by
//! itself. On the others each write transaction first locks the one row of `history_head`, and so waits for its
//! [turn](Dialect::turn). A statement outside of a transaction does not wait: it is whole by itself, and whatever it
//! changes is told by the rows it names. Nor does a batch of what was posted: its rows are new or known by their keys.

mod transient;

use std::fmt::Write as _;
use std::time::Duration;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

pub(crate) use self::transient::{is_collision, is_transient};
use crate::silence::Silence;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// One file, `SQLite`.
    Sqlite,
    /// A `PostgreSQL` server.
    Postgres,
    /// A `MariaDB` server. It speaks `MySQL`'s protocol, and the collations are its own.
    Mariadb,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading alone.
    Read,
    /// Writing as well.
    Write,
}

/// After how many seconds a server ends the transaction of a client that says nothing: one that was frozen, or whose
/// machine is gone, must not hold up all others. Ours say something every few milliseconds.
const IDLE_SECONDS: u64 = 15;

impl Dialect {
    /// The dialect of the database at `url`, if it is one the store can use. A database in memory is not: each
    /// connection would see its own.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let (scheme, place) = url.split_once("://").filter(|(_, place)| !place.is_empty())?;
        match scheme {
            "sqlite" => (place != ":memory:").then_some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            "mariadb" | "mysql" => Some(Self::Mariadb),
            _ => None,
        }
    }

    /// The URL that also creates the database when it is missing, where that is a matter of the URL. One with parameters
    /// is used as it is given.
    pub(crate) fn creating(self, url: &str) -> String {
        match self {
            Self::Sqlite if !url.contains('?') => format!("{url}?mode=rwc"),
            Self::Sqlite | Self::Postgres | Self::Mariadb => url.to_owned(),
        }
    }

    /// How many connections may write. `SQLite` has one writer at a time; a queue in front of a single connection is
    /// fairer than many connections that poll for the lock.
    pub(crate) const fn writers(self) -> u32 {
        match self {
            Self::Sqlite => 1,
            Self::Postgres | Self::Mariadb => 4,
        }
    }

    /// Begins a transaction that writes. `SQLite` takes the write lock at once: a transaction that read first and then
    /// wanted to write would be refused when another one wrote in between.
    pub(crate) const fn begin_write(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::Mariadb => "START TRANSACTION",
        }
    }

    /// Waits for the turn to write, as the first statement of a transaction that writes. Each later one sees what was
    /// committed before the turn came, as it reads what is committed when it begins (`READ COMMITTED`).
    pub(crate) const fn turn(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres | Self::Mariadb => Some("SELECT records FROM history_head WHERE id = 1 FOR UPDATE"),
        }
    }

    /// Begins a transaction that reads everything as of one moment.
    pub(crate) const fn begin_read(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN DEFERRED",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Mariadb => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        }
    }

    /// Prepares a fresh connection, which then waits up to `patience` for a lock that another process holds.
    ///
    /// What was answered with 202 has to outlive a power cut. `SQLite` with its write-ahead log needs
    /// `synchronous = FULL`: `NORMAL` leaves the last commits to the operating system. `PostgreSQL` is told per
    /// connection; `MariaDB` as a whole, by whoever runs it (`innodb_flush_log_at_trx_commit`, by default 1, which is it).
    pub(crate) fn prepare(self, purpose: Purpose, patience: Duration) -> SqlStr {
        let millis = patience.as_millis();
        let script = match self {
            Self::Sqlite => format!(
                "PRAGMA busy_timeout = {millis}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"
            ),
            Self::Postgres => format!(
                "SET lock_timeout = {millis}; SET synchronous_commit = on;
                 SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'"
            ),
            Self::Mariadb => format!(
                "SET SESSION TRANSACTION ISOLATION LEVEL {}; SET SESSION innodb_lock_wait_timeout = {seconds};
                 SET SESSION lock_wait_timeout = {seconds}; SET SESSION idle_transaction_timeout = {IDLE_SECONDS};
                 SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
                match purpose {
                    Purpose::Read => "REPEATABLE READ",
                    Purpose::Write => "READ COMMITTED",
                },
                seconds = patience.as_secs().max(1)
            ),
        };
        AssertSqlSafe(script).into_sql_str()
    }

    /// How long it may say nothing, if `limit` is what a server is given.
    pub(crate) const fn silence(self, limit: Duration) -> Silence {
        match self {
            Self::Sqlite => Silence::UNBOUNDED,
            Self::Postgres | Self::Mariadb => Silence::of(limit),
        }
    }

    /// The statement as this database wants it: `PostgreSQL` numbers the values that others write as `?`.
    pub(crate) fn worded(self, statement: SqlStr) -> SqlStr {
        match self {
            Self::Sqlite | Self::Mariadb => statement,
            Self::Postgres => AssertSqlSafe(numbered(statement.as_str())).into_sql_str(),
        }
    }
}

/// Numbers the placeholders, those within quotes left alone.
fn numbered(statement: &str) -> String {
    let mut worded = String::with_capacity(statement.len() + 16);
    let (mut values, mut quoted) = (0_u32, false);
    for letter in statement.chars() {
        quoted ^= letter == '\'';
        if letter == '?' && !quoted {
            values += 1;
            let _ = write!(worded, "${values}");
        } else {
            worded.push(letter);
        }
    }
    worded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_and_texts_left_alone() {
        assert_eq!(numbered("a = ? AND b = 'what?' OR c IN (?, ?)"), "a = $1 AND b = 'what?' OR c IN ($2, $3)");
    }

    #[test]
    fn a_database_is_known_by_its_url() {
        let known = ["sqlite:///a", "postgres://h/d", "postgresql:///d?host=/run", "mysql://h/d", "mariadb://h/d"];
        assert!(known.iter().all(|url| Dialect::of(url).is_some()));
        let unknown = ["sqlite://", "sqlite://:memory:", "sqlite::memory:", "postgres://", "oracle://h/d", "nsrw.db"];
        assert!(unknown.iter().all(|url| Dialect::of(url).is_none()));
    }
}
