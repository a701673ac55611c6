//! Opening a database, and the transactions that everything else runs in.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::{MigrateDatabase, Migrator};
use sqlx::{Any, AnyPool, Executor, Transaction};

use crate::dialect::Dialect;
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
    if !Any::database_exists(url).await? {
        Any::create_database(url).await?;
    }
    let prepare = dialect.prepare(patience);
    let pool = |connections| {
        let prepare = prepare.clone();
        AnyPoolOptions::new().max_connections(connections).after_connect(move |connection, _| {
            let prepare = prepare.clone();
            Box::pin(async move { connection.execute(sqlx::raw_sql(prepare)).await.map(|_| ()) })
        })
    };
    let write = pool(dialect.writers()).connect(url).await?;
    let read = pool(READERS).connect(url).await?;
    Ok((read, write))
}

/// The URL as it may be shown and logged.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}
