//! Building the tables, and bringing them up to date: one process at a time, the others wait.

use std::io;
use std::time::Duration;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{AnyConnection, Connection, Executor, Row as _};

use crate::dialect::Dialect;
use crate::schema::migrations;
use crate::sql::Pool;

/// The table that tells which scripts were run.
const DONE: &str = "_sqlx_migrations";
/// How long another process that builds the tables is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn migrate(dialect: Dialect, url: &str, write: &Pool) -> Result<(), MigrateError> {
    let mut migrator = Migrator::with_migrations(migrations(dialect));
    migrator.set_locking(false);
    match dialect {
        Dialect::Sqlite => {
            let mut tx = write.begin_write().await?;
            // `run` does the same for anything a connection can be had from, but its future can not change threads.
            migrator.run_direct(None, &mut **tx.bare(), false).await?;
            Ok(tx.commit().await?)
        }
        Dialect::Postgres | Dialect::Mariadb => {
            // The lock belongs to the connection and ends with it, however this goes.
            let mut connection = AnyConnection::connect(url).await?;
            let run = run_alone(dialect, &mut connection, &migrator).await;
            connection.close().await?;
            run
        }
    }
}

async fn run_alone(dialect: Dialect, connection: &mut AnyConnection, migrator: &Migrator) -> Result<(), MigrateError> {
    lock(dialect, connection).await?;
    if dialect == Dialect::Mariadb {
        connection.ensure_migrations_table(DONE).await?;
        // A script that was stopped half-way is run again.
        sqlx::query("DELETE FROM _sqlx_migrations WHERE success = FALSE").execute(&mut *connection).await?;
    }
    migrator.run_direct(None, connection, false).await
}

/// Waits until no other process builds the tables of this database.
async fn lock(dialect: Dialect, connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let seconds = PATIENCE.as_secs();
    if dialect == Dialect::Postgres {
        connection.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(format!("SET lock_timeout = '{seconds}s'")))).await?;
        // The number is this program's own; such locks are a matter of one database.
        connection.execute("SELECT pg_advisory_lock(7211935)").await?;
        return Ok(());
    }
    let query = sqlx::query("SELECT CAST(GET_LOCK(CONCAT('nsrw/', SHA1(DATABASE())), ?) AS SIGNED) AS got");
    let row = query.bind(seconds.cast_signed()).fetch_one(connection).await?;
    let got: Option<i64> = row.try_get("got")?;
    if got == Some(1) {
        return Ok(());
    }
    let why = "another process has been building the tables for a minute";
    Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, why)))
}
