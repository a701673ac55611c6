//! What statements run on: the connections that read, those that write, and a transaction.
//!
//! They take a statement as it is written here, with `?` for its values, and word it for the database it goes to. So a
//! statement is written once. And they wait no longer for an answer than a server may be [silent](Silence).

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use sqlx::any::{AnyArguments, AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::error::BoxDynError;
use sqlx::{Any, AnyPool, Either, Execute, Executor, SqlStr, Transaction};

use crate::dialect::Dialect;
use crate::row;
use crate::silence::Silence;

/// Connections to a database.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    dialect: Dialect,
    silence: Silence,
    inner: AnyPool,
}

impl Pool {
    pub(crate) const fn new(dialect: Dialect, silence: Silence, inner: AnyPool) -> Self {
        Self { dialect, silence, inner }
    }

    /// Begins a transaction that writes, when its turn has come.
    pub(crate) async fn begin_write(&self) -> row::Result<Tx> {
        let mut tx = self.begin_write_at_once().await?;
        if let Some(turn) = self.dialect.turn() {
            sqlx::query(turn).fetch_optional(&mut tx).await?;
        }
        Ok(tx)
    }

    /// Begins a transaction that writes and waits for no turn, only for the lock of `SQLite`. For rows that are new and
    /// stand by themselves: what another one wrote of the same meanwhile is told by their keys.
    pub(crate) async fn begin_write_at_once(&self) -> row::Result<Tx> {
        self.begin(self.dialect.begin_write()).await
    }

    /// Begins a transaction that reads everything as of one moment.
    pub(crate) async fn begin_read(&self) -> row::Result<Tx> {
        self.begin(self.dialect.begin_read()).await
    }

    async fn begin(&self, statement: &'static str) -> row::Result<Tx> {
        let Self { dialect, silence, ref inner } = *self;
        let inner = silence.bound(inner.begin_with(statement)).await?;
        Ok(Tx { dialect, silence, inner })
    }

    pub(crate) async fn close(&self) {
        self.inner.close().await;
    }
}

/// A transaction; it is undone unless it is committed.
#[derive(Debug)]
pub(crate) struct Tx {
    dialect: Dialect,
    silence: Silence,
    inner: Transaction<'static, Any>,
}

impl Tx {
    pub(crate) async fn commit(self) -> row::Result<()> {
        self.silence.bound(self.inner.commit()).await
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The bare transaction, for what is no statement of ours.
    pub(crate) const fn bare(&mut self) -> &mut Transaction<'static, Any> {
        &mut self.inner
    }
}

/// A statement on its way to a database.
struct Worded<E> {
    dialect: Dialect,
    statement: E,
}

impl<'q, E: Execute<'q, Any>> Execute<'q, Any> for Worded<E> {
    fn sql(self) -> SqlStr {
        self.dialect.worded(self.statement.sql())
    }

    fn statement(&self) -> Option<&AnyStatement> {
        self.statement.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<AnyArguments>, BoxDynError> {
        self.statement.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.statement.persistent()
    }
}

/// What is asked of anything that statements run on, passed to the connections below, worded.
macro_rules! executor {
    ($lifetime:lifetime, $kind:ty, $below:expr) => {
        impl<$lifetime> Executor<$lifetime> for $kind {
            type Database = Any;

            fn fetch_many<'e, 'q: 'e, E>(
                self,
                statement: E,
            ) -> BoxStream<'e, row::Result<Either<AnyQueryResult, AnyRow>>>
            where
                $lifetime: 'e,
                E: 'q + Execute<'q, Any>,
            {
                let (dialect, silence) = (self.dialect, self.silence);
                silence.bound_rows($below(self).fetch_many(Worded { dialect, statement }))
            }

            fn fetch_optional<'e, 'q: 'e, E>(self, statement: E) -> BoxFuture<'e, row::Result<Option<AnyRow>>>
            where
                $lifetime: 'e,
                E: 'q + Execute<'q, Any>,
            {
                let (dialect, silence) = (self.dialect, self.silence);
                Box::pin(silence.bound($below(self).fetch_optional(Worded { dialect, statement })))
            }

            fn prepare_with<'e>(
                self,
                statement: SqlStr,
                parameters: &'e [AnyTypeInfo],
            ) -> BoxFuture<'e, row::Result<AnyStatement>>
            where
                $lifetime: 'e,
            {
                let (statement, silence) = (self.dialect.worded(statement), self.silence);
                Box::pin(silence.bound($below(self).prepare_with(statement, parameters)))
            }
        }
    };
}

executor!('p, &'p Pool, |pool: &'p Pool| &pool.inner);
executor!('t, &'t mut Tx, |tx: &'t mut Tx| &mut *tx.inner);
