//! Opening a database, and the transactions that everything else runs in.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, Connection, Executor, SqlStr};

use crate::dialect::{self, Dialect, Purpose};
use crate::error::{Operation, StoreError};
use crate::intake::Intake;
use crate::sql::{Pool, Tx};
use crate::{build, settings};

/// A site's database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) read: Pool,
    pub(crate) write: Pool,
    pub(crate) intake: Intake,
}

/// How long a database is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long for a lock that another process holds.
    pub lock: Duration,
    /// How long for a sign of life of a server that was asked something. A file is waited for as long as its disk takes.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { lock: Duration::from_secs(5), answer: Duration::from_secs(30) }
    }
}

/// How long a free connection is waited for.
const QUEUE_PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to bring the tables up to date: a large one may have to be written anew.
const BUILD_PATIENCE: Duration = Duration::from_hours(1);
/// Connections that read.
const READERS: u32 = 4;

impl Store {
    /// Opens the database at `url`, such as `sqlite:///var/lib/nsrw/nsrw.db`, `postgres://nsrw@localhost/nsrw` or
    /// `mysql://nsrw@localhost/nsrw`. A file is created when it is missing; a database on a server must be there. The
    /// tables are brought up to date, and the settings get their defaults.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, Patience::default()).await
    }

    /// The same, with another patience.
    pub async fn open_with(url: &str, patience: Patience) -> Result<Self, StoreError> {
        let database = without_password(url);
        let Some(dialect) = Dialect::of(url) else {
            return Err(StoreError::UnknownDatabase { database });
        };
        let url = dialect.creating(url);
        let (read, write) = connect(dialect, &url, patience)
            .await
            .map_err(|source| StoreError::Open { database: database.clone(), source })?;
        let store = Self { intake: Intake::begin(write.clone()), read, write };
        let migration = async { Ok(build::migrate(dialect, &url, &store.write).await) };
        let built = dialect.silence(BUILD_PATIENCE).bound(migration).await.unwrap_or_else(|silent| Err(silent.into()));
        built.map_err(|source| StoreError::Migrate { database, source })?;
        store.seed().await?;
        Ok(store)
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let operation = Operation::new("reach the database");
        let look = sqlx::query("SELECT records FROM history_head").fetch_optional(&self.read);
        look.await.map(|_| ()).map_err(operation.failed())
    }

    /// Closes all connections and waits until they are closed.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn seed(&self) -> Result<(), StoreError> {
        let operation = Operation::new("write the default settings");
        let mut tx = self.begin_write(operation).await?;
        settings::seed(&mut tx).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())
    }

    pub(crate) async fn begin_write(&self, operation: Operation) -> Result<Tx, StoreError> {
        self.write.begin_write().await.map_err(operation.failed())
    }

    pub(crate) async fn begin_read(&self, operation: Operation) -> Result<Tx, StoreError> {
        self.read.begin_read().await.map_err(operation.failed())
    }
}

async fn connect(dialect: Dialect, url: &str, patience: Patience) -> Result<(Pool, Pool), sqlx::Error> {
    sqlx::any::install_default_drivers();
    let silence = dialect.silence(patience.answer);
    silence.bound(probe(url, dialect.prepare(Purpose::Write, patience.lock))).await?;
    let pool = |purpose, connections| {
        let prepare = dialect.prepare(purpose, patience.lock);
        // A connection to a file is never cut, so that one that lay idle need not be asked for a sign of life.
        let options = AnyPoolOptions::new().test_before_acquire(dialect != Dialect::Sqlite);
        let options = options.max_connections(connections).acquire_timeout(QUEUE_PATIENCE);
        let options = options.after_connect(move |connection, _| {
            let prepare = prepare.clone();
            Box::pin(async move { connection.execute(sqlx::raw_sql(prepare)).await.map(|_| ()) })
        });
        match dialect {
            Dialect::Sqlite => options,
            // A connection that was given up comes back as well, and would be waited for without end.
            Dialect::Postgres | Dialect::Mariadb => options.after_release(move |connection, _| {
                Box::pin(silence.bound(async move { connection.ping().await.map(|()| true) }))
            }),
        }
    };
    let write = pool(Purpose::Write, dialect.writers()).connect(url).await?;
    let read = pool(Purpose::Read, READERS).connect(url).await?;
    Ok((Pool::new(dialect, silence, read), Pool::new(dialect, silence, write)))
}

/// Tells at once why the database can not be used. A pool would try again until its time is up and not tell the cause;
/// for trouble that passes, as while another process creates the database, that is what is wanted.
async fn probe(url: &str, prepare: SqlStr) -> Result<(), sqlx::Error> {
    let mut connection = AnyConnection::connect(url).await?;
    let prepared = connection.execute(sqlx::raw_sql(prepare)).await;
    connection.close().await?;
    match prepared {
        Err(error) if !dialect::is_transient(&error) => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The URL as it may be shown and logged.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}
