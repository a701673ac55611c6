//! Which trouble with a database can pass.

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

/// The primary result codes of `SQLite` for trouble that can pass: busy, locked, input or output failed, disk full, can
/// not open.
const SQLITE: [i32; 5] = [5, 6, 10, 13, 14];

/// The classes of `PostgreSQL`'s codes for trouble that can pass: the connection, the end of a transaction by the server
/// (deadlock and the like, but also a client that was silent for too long), resources, an operator's doing, the system.
const POSTGRES_CLASSES: [&str; 5] = ["08", "40", "53", "57", "58"];
/// Single codes: a read-only server (a standby that becomes the primary), silence in a transaction, a lock that was not
/// to be had.
const POSTGRES: [&str; 3] = ["25006", "25P03", "55P03"];

/// The numbers of `MariaDB` for trouble that can pass: disk full (1021, 1114), too many connections (1040, 1203, 1226),
/// shutting down (1053, 1077), waited too long for a lock (1205), deadlock (1213), read-only (1290, 1792, 1836),
/// interrupted (1317), the connection killed (1927), out of the server's own time for a statement (1969).
const MARIADB: [u16; 15] = [1021, 1114, 1040, 1203, 1226, 1053, 1077, 1205, 1213, 1290, 1317, 1792, 1836, 1927, 1969];

/// How `PostgreSQL` and `MariaDB` call transactions that wait for each other.
const DEADLOCK: (&str, u16) = ("40P01", 1213);

/// Whether somebody else's writing was in the way: of the same row, or of the same rows in another order. Done again at once,
/// it finds what the other one wrote.
pub(crate) fn is_collision(error: &sqlx::Error) -> bool {
    let Some(database) = error.as_database_error() else { return false };
    let (postgres, mariadb) = DEADLOCK;
    database.is_unique_violation()
        || database.try_downcast_ref::<PgDatabaseError>().is_some_and(|error| error.code() == postgres)
        || database.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|error| error.number() == mariadb)
}

/// Whether trying again can help.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    match error.as_database_error() {
        // Whoever looked for the row before did not find it: somebody wrote it meanwhile.
        Some(database) if database.is_unique_violation() => true,
        Some(database) => passes(database),
        // A connection that ends in the middle of an answer is told as a fault of the protocol.
        None => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed
                | sqlx::Error::Protocol(_)
        ),
    }
}

fn passes(error: &dyn DatabaseError) -> bool {
    if let Some(sqlite) = error.try_downcast_ref::<SqliteError>() {
        // The low byte of an extended code is the primary one.
        let code = sqlite.code().and_then(|code| code.parse::<i32>().ok());
        return code.is_some_and(|code| SQLITE.contains(&(code & 0xff)));
    }
    if let Some(postgres) = error.try_downcast_ref::<PgDatabaseError>() {
        let code = postgres.code();
        return POSTGRES.contains(&code) || POSTGRES_CLASSES.iter().any(|class| code.starts_with(class));
    }
    error.try_downcast_ref::<MySqlDatabaseError>().is_some_and(|mariadb| MARIADB.contains(&mariadb.number()))
}
