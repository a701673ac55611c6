//! Opening a database, and the transactions that everything else runs in.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::Migrator;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, SqlStr, Transaction};

use crate::dialect::{self, Dialect};
use crate::error::{Operation, StoreError};
use crate::settings;

/// A transaction; it is undone unless it is committed.
pub(crate) type Tx = Transaction<'static, Any>;

/// A site's database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    dialect: Dialect,
    pub(crate) read: AnyPool,
    pub(crate) write: AnyPool,
}

/// How long a lock that another process holds is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a free connection is waited for.
const QUEUE_PATIENCE: Duration = Duration::from_secs(10);
/// Connections that read.
const READERS: u32 = 4;

impl Store {
    /// Opens the database at `url`, such as `sqlite:///var/lib/nsrw/nsrw.db`. It is created when it is missing, its
    /// tables are brought up to date, and the settings get their defaults.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, PATIENCE).await
    }

    pub(crate) async fn open_with(url: &str, patience: Duration) -> Result<Self, StoreError> {
        let database = without_password(url);
        let Some(dialect) = Dialect::of(url) else {
            return Err(StoreError::UnknownDatabase { database });
        };
        let (read, write) = connect(dialect, url, patience)
            .await
            .map_err(|source| StoreError::Open { database: database.clone(), source })?;
        let store = Self { dialect, read, write };
        store.migrate(database).await?;
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

    /// All scripts in one transaction: of several processes that open a new database at once, one builds the tables.
    async fn migrate(&self, database: String) -> Result<(), StoreError> {
        let run = async {
            let mut tx = self.write.begin_with(self.dialect.begin_write()).await?;
            // `run` does the same for anything a connection can be had from, but its future can not change threads.
            Migrator::with_migrations(self.dialect.migrations()).run_direct(None, &mut *tx, false).await?;
            Ok(tx.commit().await?)
        };
        run.await.map_err(|source| StoreError::Migrate { database, source })
    }

    async fn seed(&self) -> Result<(), StoreError> {
        let operation = Operation::new("write the default settings");
        let mut tx = self.begin_write(operation).await?;
        settings::seed(&mut tx).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())
    }

    pub(crate) async fn begin_write(&self, operation: Operation) -> Result<Tx, StoreError> {
        self.write.begin_with(self.dialect.begin_write()).await.map_err(operation.failed())
    }

    pub(crate) async fn begin_read(&self, operation: Operation) -> Result<Tx, StoreError> {
        self.read.begin_with(self.dialect.begin_read()).await.map_err(operation.failed())
    }
}

async fn connect(dialect: Dialect, url: &str, patience: Duration) -> Result<(AnyPool, AnyPool), sqlx::Error> {
    sqlx::any::install_default_drivers();
    let url = dialect.creating(url);
    let prepare = dialect.prepare(patience);
    probe(&url, prepare.clone()).await?;
    let pool = |connections| {
        let prepare = prepare.clone();
        let options = AnyPoolOptions::new().max_connections(connections).acquire_timeout(QUEUE_PATIENCE);
        options.after_connect(move |connection, _| {
            let prepare = prepare.clone();
            Box::pin(async move { connection.execute(sqlx::raw_sql(prepare)).await.map(|_| ()) })
        })
    };
    let write = pool(dialect.writers()).connect(&url).await?;
    let read = pool(READERS).connect(&url).await?;
    Ok((read, write))
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
