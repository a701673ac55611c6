//! The past straight from RT's database, read-only: for years of it, where asking RT ticket by ticket would take hours.
//!
//! RT never forgets a value: one that was replaced is only marked disabled, and its transaction goes on naming it. What is
//! read here was observed of the tables of RT 5 and is the same since RT 3.8. Nothing is ever written.

mod dialect;
mod query;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use sqlx::{AnyConnection, Connection as _, Row as _};
use tokio::sync::mpsc;

use self::dialect::Dialect;
use self::query::Scope;
use super::past::{PastEvent, PastSource};
use crate::error::TicketError;

/// How many transactions make a portion.
const PORTION: usize = 5000;
/// How many portions may be read ahead of whoever takes them.
const AHEAD: usize = 2;

type Portion = Result<Vec<PastEvent>, TicketError>;

/// RT's database.
#[derive(Debug)]
pub struct RtDatabase {
    url: String,
    dialect: Dialect,
    queue: String,
    portions: Option<mpsc::Receiver<Portion>>,
}

impl RtDatabase {
    /// The database at `url`, such as `sqlite:///var/lib/rt/rt.sqlite`, `postgres://reader@host/rt5` or
    /// `mysql://reader@host/rt5`; an account that may read suffices. `queue` is the queue of the releases.
    pub fn new(url: &str, queue: &str) -> Result<Self, TicketError> {
        let dialect = Dialect::of(url).ok_or_else(|| TicketError::Setup {
            reasons: vec![format!(
                "\"{}\" names no database of Request Tracker; give a URL that begins with sqlite://, postgres:// or mysql://",
                without_password(url)
            )],
        })?;
        sqlx::any::install_default_drivers();
        Ok(Self { url: url.to_owned(), dialect, queue: queue.to_owned(), portions: None })
    }

    async fn connect(&self) -> Result<AnyConnection, TicketError> {
        let open = async {
            let mut connection = AnyConnection::connect(&self.dialect.reading(&self.url)).await?;
            sqlx::query(self.dialect.forbid_writing()).execute(&mut connection).await?;
            Ok(connection)
        };
        open.await.map_err(|source| self.failed("open", source))
    }

    fn failed(&self, action: &'static str, source: sqlx::Error) -> TicketError {
        failed(action, without_password(&self.url), source)
    }
}

#[async_trait]
impl PastSource for RtDatabase {
    async fn begin(&mut self, after: u64) -> Result<Option<u64>, TicketError> {
        let mut connection = self.connect().await?;
        let scope = Scope::load(&mut connection, self.dialect, &self.queue).await;
        let scope = scope.map_err(|source| self.failed("read the fields of the queue from", source))?;
        let scope = scope.map_err(|reasons| TicketError::Setup { reasons })?;
        let count = sqlx::query(scope.count(self.dialect)).bind(after.cast_signed()).fetch_one(&mut connection).await;
        let count: i64 =
            count.and_then(|row| row.try_get(0)).map_err(|source| self.failed("count the changes in", source))?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let reader = Reader { connection, scope, dialect: self.dialect, database: without_password(&self.url) };
        tokio::spawn(reader.read(after, sender));
        self.portions = Some(receiver);
        Ok(u64::try_from(count).ok())
    }

    async fn next(&mut self) -> Result<Option<Vec<PastEvent>>, TicketError> {
        match &mut self.portions {
            Some(portions) => portions.recv().await.transpose(),
            None => Ok(None),
        }
    }
}

/// Reads all that is asked for as the rows of one statement: the database sorts once, and is never asked for a page.
struct Reader {
    connection: AnyConnection,
    scope: Scope,
    dialect: Dialect,
    database: String,
}

impl Reader {
    /// Ends when everything was handed over, and when nobody takes it any more.
    async fn read(mut self, after: u64, portions: mpsc::Sender<Portion>) {
        if let Err(source) = self.hand_over(after, &portions).await {
            // Whoever went away needs no error.
            let _ = portions.send(Err(failed("read the changes in", self.database, source))).await;
        }
    }

    async fn hand_over(&mut self, after: u64, portions: &mpsc::Sender<Portion>) -> Result<(), sqlx::Error> {
        let query = sqlx::query(self.scope.changes(self.dialect)).bind(after.cast_signed());
        let mut rows = query.fetch(&mut self.connection);
        let mut portion = Vec::with_capacity(PORTION);
        while let Some(row) = rows.try_next().await? {
            portion.push(self.scope.event(&row)?);
            if portion.len() == PORTION && portions.send(Ok(std::mem::take(&mut portion))).await.is_err() {
                return Ok(());
            }
        }
        if !portion.is_empty() {
            let _ = portions.send(Ok(portion)).await;
        }
        Ok(())
    }
}

fn failed(action: &'static str, database: String, source: sqlx::Error) -> TicketError {
    TicketError::Database { action, database, transient: passes(&source), source: source.into() }
}

/// Faults that go away by themselves: the database is not to be reached, starts, ends, or is held by somebody else.
fn passes(error: &sqlx::Error) -> bool {
    /// `SQLite`: busy, locked. `PostgreSQL`: too many connections, shut down, cut off, starting.
    const PASSING: [&str; 6] = ["5", "6", "53300", "57P01", "57P02", "57P03"];
    match error.as_database_error() {
        Some(told) => told.code().is_some_and(|code| PASSING.contains(&&*code)),
        None => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
    }
}

/// The URL as it may be shown and logged.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}
