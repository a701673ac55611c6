//! What is posted, many messages at a time.
//!
//! A durable commit costs a sync of the disk, whatever is in it. So those who post while a commit runs share the next one;
//! who finds nobody before is served at once, and nobody waits for more to come. Each hears of its own row, after the commit
//! that holds it. Rows that can not be stored together are stored one by one, so that none spoils it for the others.
//!
//! Whoever posts may stop to wait at any moment, as clients do that hang up. So a task of its own does the writing.
//!
//! Who posts is waited for by somebody; what works on the inbox is not. So that one [lets a crowd in](Store::let_in) first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AssertSqlSafe;
use tokio::sync::{mpsc, oneshot};

use crate::dialect::{is_collision, is_transient};
use crate::error::{Operation, StoreError};
use crate::inbox::{InboxId, Message, Posted};
use crate::nonces::{self, Nonce};
use crate::row::{self, micros, ticket_no};
use crate::sql::{Pool, Tx};
use crate::{Store, bulk};

/// How many share a commit at most. What one costs is little then beside what each costs.
const MOST: usize = 64;
/// Up to how many rows a statement is kept prepared. Larger ones come in too many sizes to keep, and earn being prepared anew.
const KEPT: usize = 16;
/// How many may wait for a commit. More wait to be let in.
const WAITING: usize = 256;
/// How long one waits at most before its commit begins.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many who wait are a crowd.
const CROWD: usize = 4;
/// How long a crowd is let in at most before something else is done.
const STAND_BACK: Duration = Duration::from_millis(100);
/// How often it is looked whether it is in.
const LOOK: Duration = Duration::from_millis(2);
/// How often a row is tried alone that collides with what others write.
const TRIES: usize = 3;
/// How often nonces are forgotten whose time is over.
const SWEEP: TimeDelta = TimeDelta::minutes(1);

/// A message to be stored, once per key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// The message.
    pub message: Message,
    /// What it is known by.
    pub dedupe: String,
    /// The ticket system's number of the change, where it is known: messages of one ticket are worked on in that order,
    /// however they arrived.
    pub order: Option<u64>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Its nonce is used up and its message is stored, as far as it had them.
    Stored(Option<Posted>),
    /// Its nonce was used before. Nothing was stored.
    Replay,
}

impl Store {
    /// Uses a nonce up and stores a message: both or neither. When this returns, they outlive a power cut.
    pub async fn take(
        &self,
        nonce: Option<&Nonce>,
        message: Option<&NewMessage>,
        at: DateTime<Utc>,
    ) -> Result<Taken, StoreError> {
        if nonce.is_none() && message.is_none() {
            return Ok(Taken::Stored(None));
        }
        let message = message.map(|new| (&new.message, new.dedupe.as_str(), new.order));
        self.intake.take(Row::new(nonce, message, at)?).await
    }

    /// Stores a message, once per `dedupe` key. When this returns, the message outlives a power cut.
    ///
    /// `order` is the ticket system's number of the change, where it is known: messages of one ticket are worked on in
    /// that order, however they arrived.
    pub async fn post(
        &self,
        message: &Message,
        dedupe: &str,
        order: Option<u64>,
        at: DateTime<Utc>,
    ) -> Result<Posted, StoreError> {
        let row = Row::new(None, Some((message, dedupe, order)), at)?;
        let operation = row.operation;
        match self.intake.take(row).await? {
            Taken::Stored(Some(posted)) => Ok(posted),
            Taken::Stored(None) | Taken::Replay => Err(operation.failed()(sqlx::Error::RowNotFound)),
        }
    }

    /// While a crowd waits for its messages to be stored, waits too, a tenth of a second at most: however many come,
    /// something else is done as well.
    pub async fn let_in(&self) {
        let begun = Instant::now();
        while self.intake.waiting.load(Ordering::Relaxed) >= CROWD && begun.elapsed() < STAND_BACK {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The way to the task that writes. It ends with the last of them.
#[derive(Debug, Clone)]
pub(crate) struct Intake {
    entries: mpsc::Sender<Entry>,
    /// How many wait for an answer.
    waiting: Arc<AtomicUsize>,
}

/// One who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Intake {
    /// Starts the task.
    pub(crate) fn begin(pool: Pool) -> Self {
        let (entries, queue) = mpsc::channel(WAITING);
        tokio::spawn(work(pool, queue));
        Self { entries, waiting: Arc::default() }
    }

    async fn take(&self, row: Row) -> Result<Taken, StoreError> {
        let operation = row.operation;
        let gone = || operation.failed()(sqlx::Error::WorkerCrashed);
        let _waiting = Waiting::begin(&self.waiting);
        let (answer, answered) = oneshot::channel();
        let entry = Entry { row, since: Instant::now(), answer };
        self.entries.send(entry).await.map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// A row, and who waits for it.
#[derive(Debug)]
struct Entry {
    row: Row,
    since: Instant,
    answer: oneshot::Sender<Result<Taken, StoreError>>,
}

/// What one request brings.
#[derive(Debug)]
pub(crate) struct Row {
    operation: Operation,
    nonce: Option<Nonce>,
    message: Option<MessageRow>,
    at: DateTime<Utc>,
}

#[derive(Debug)]
struct MessageRow {
    dedupe: String,
    ticket: i64,
    json: String,
    change_no: Option<i64>,
}

impl Row {
    pub(crate) fn new(
        nonce: Option<&Nonce>,
        message: Option<(&Message, &str, Option<u64>)>,
        at: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let operation = match message {
            Some((message, ..)) => Operation::of("store a message", message.ticket()),
            None => Operation::new("remember a nonce"),
        };
        let rendered = |(message, dedupe, order): (&Message, &str, Option<u64>)| -> row::Result<MessageRow> {
            Ok(MessageRow {
                dedupe: dedupe.to_owned(),
                ticket: ticket_no(message.ticket()),
                json: row::render_json(message)?,
                // No ticket system counts that far: what does not fit is not a number to go by.
                change_no: order.and_then(|number| i64::try_from(number).ok()),
            })
        };
        let message = message.map(rendered).transpose().map_err(operation.failed())?;
        Ok(Self { operation, nonce: nonce.cloned(), message, at })
    }
}

/// Stores what comes, as much at a time as came meanwhile.
async fn work(pool: Pool, mut queue: mpsc::Receiver<Entry>) {
    let mut swept = None;
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, MOST).await > 0 {
        let (mut rows, mut answers) = (Vec::new(), Vec::new());
        for Entry { row, since, answer } in batch.drain(..) {
            if since.elapsed() < PATIENCE {
                rows.push(row);
                answers.push(answer);
            } else {
                let _ = answer.send(Err(row.operation.failed()(sqlx::Error::PoolTimedOut)));
            }
        }
        if rows.is_empty() {
            continue;
        }
        sweep(&pool, &rows, &mut swept).await;
        for (answer, taken) in answers.into_iter().zip(store_all(&pool, &rows).await) {
            // Who asked may be gone.
            let _ = answer.send(taken);
        }
    }
}

/// Forgets nonces whose time is over, now and then. In a transaction of its own: the rows it locks would keep other
/// processes waiting as long as the batch goes on. Trouble is told by the batch; what stays is swept out the next time.
async fn sweep(pool: &Pool, rows: &[Row], swept: &mut Option<DateTime<Utc>>) {
    let Some(now) = rows.iter().filter(|row| row.nonce.is_some()).map(|row| row.at).max() else { return };
    if swept.is_none_or(|last| now - last >= SWEEP) {
        *swept = Some(now);
        let _ = nonces::forget(pool, now).await;
    }
}

/// Stores rows with one commit if that can be done, else each with its own. Tells of each what became of it.
pub(crate) async fn store_all(pool: &Pool, rows: &[Row]) -> Vec<Result<Taken, StoreError>> {
    match write(pool, rows).await {
        Ok(taken) => taken.into_iter().map(Ok).collect(),
        Err(error) if is_for_all(&error) => share(rows, error),
        Err(_) => store_each(pool, rows).await,
    }
}

async fn store_each(pool: &Pool, rows: &[Row]) -> Vec<Result<Taken, StoreError>> {
    let mut results = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        match write_alone(pool, row).await {
            Ok(taken) => results.push(Ok(taken)),
            Err(error) if is_for_all(&error) => {
                results.extend(share(rows.get(place..).unwrap_or_default(), error));
                break;
            }
            Err(error) => results.push(Err(row.operation.failed()(error))),
        }
    }
    results
}

/// What collides was written by another process since it was looked for: looked for again, it is found.
async fn write_alone(pool: &Pool, row: &Row) -> row::Result<Taken> {
    let mut tries = 1;
    loop {
        match write(pool, std::slice::from_ref(row)).await {
            Ok(taken) => return taken.into_iter().next().ok_or(sqlx::Error::RowNotFound),
            Err(error) if is_collision(&error) && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Whether the database is in trouble, and not one of the rows: then none needs to be tried.
fn is_for_all(error: &sqlx::Error) -> bool {
    is_transient(error) && !is_collision(error)
}

/// The same trouble, told to each.
fn share(rows: &[Row], error: sqlx::Error) -> Vec<Result<Taken, StoreError>> {
    let source = Arc::new(error);
    let failed = |row: &Row| Err(StoreError::Batch { operation: row.operation, source: Arc::clone(&source) });
    rows.iter().map(failed).collect()
}

/// Writes rows in one transaction: all of them, or none.
async fn write(pool: &Pool, rows: &[Row]) -> row::Result<Vec<Taken>> {
    let mut tx = pool.begin_write_at_once().await?;
    let known = Known::look(&mut tx, rows).await?;
    let mut fresh = Fresh::default();
    let found: Vec<Found> = rows.iter().map(|row| fresh.add(row, &known)).collect();
    let ids = fresh.insert(&mut tx).await?;
    tx.commit().await?;
    let taken = |(row, found): (&Row, Found)| -> row::Result<Taken> {
        let new = match found {
            Found::Replay => return Ok(Taken::Replay),
            Found::New => true,
            Found::Repeat => false,
        };
        let Some(MessageRow { dedupe, .. }) = &row.message else { return Ok(Taken::Stored(None)) };
        let id = known.ids.get(dedupe).or_else(|| ids.get(dedupe)).copied().ok_or(sqlx::Error::RowNotFound)?;
        Ok(Taken::Stored(Some(Posted { id: InboxId(id), new })))
    };
    rows.iter().zip(found).map(taken).collect()
}

/// Of a batch, what the database has already.
#[derive(Debug, Default)]
struct Known {
    nonces: BTreeSet<String>,
    ids: BTreeMap<String, i64>,
}

impl Known {
    async fn look(tx: &mut Tx, rows: &[Row]) -> row::Result<Self> {
        let nonces: Vec<&str> = rows.iter().filter_map(|row| row.nonce.as_ref()).map(|n| n.text.as_str()).collect();
        let keys: Vec<&str> = rows.iter().filter_map(|row| row.message.as_ref()).map(|m| m.dedupe.as_str()).collect();
        // Messages are numbered from 1 on.
        let of_nonces = bulk::with_list("SELECT nonce AS known, 0 AS id FROM nonces WHERE nonce IN", nonces.len());
        let of_keys = bulk::with_list("SELECT dedupe AS known, id FROM inbox WHERE dedupe IN", keys.len());
        let statement = match (nonces.is_empty(), keys.is_empty()) {
            (true, true) => return Ok(Self::default()),
            (false, true) => of_nonces,
            (true, false) => of_keys,
            (false, false) => bulk::both(&of_nonces, &of_keys),
        };
        let query = sqlx::query(statement).persistent(rows.len() <= KEPT);
        let query = nonces.iter().chain(&keys).fold(query, |query, text| query.bind(*text));
        let mut known = Self::default();
        for row in &query.fetch_all(tx).await? {
            let text = row::text(row, "known")?;
            match row::number(row, "id")? {
                0 => drop(known.nonces.insert(text)),
                id => drop(known.ids.insert(text, id)),
            }
        }
        Ok(known)
    }
}

/// How a row stands to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Its nonce was used before.
    Replay,
    /// Its message was stored before.
    Repeat,
    /// It was not.
    New,
}

/// Of a batch, what is to be written.
#[derive(Debug, Default)]
struct Fresh<'a> {
    used: BTreeSet<&'a str>,
    posted: BTreeSet<&'a str>,
    nonces: Vec<&'a Nonce>,
    messages: Vec<(&'a MessageRow, DateTime<Utc>)>,
}

impl<'a> Fresh<'a> {
    /// Adds what is new of a row. Of two that bring the same the first is.
    fn add(&mut self, row: &'a Row, known: &Known) -> Found {
        if let Some(nonce) = &row.nonce {
            if known.nonces.contains(&nonce.text) || !self.used.insert(&nonce.text) {
                return Found::Replay;
            }
            self.nonces.push(nonce);
        }
        if let Some(message) = &row.message {
            if known.ids.contains_key(&message.dedupe) || !self.posted.insert(&message.dedupe) {
                return Found::Repeat;
            }
            self.messages.push((message, row.at));
        }
        Found::New
    }

    /// Inserts it, and gives the messages' numbers by their keys.
    async fn insert(&self, tx: &mut Tx) -> row::Result<BTreeMap<String, i64>> {
        if !self.nonces.is_empty() {
            nonces::insert(tx, &self.nonces, self.nonces.len() <= KEPT).await?;
        }
        let count = self.messages.len();
        if count == 0 {
            return Ok(BTreeMap::new());
        }
        let insert = bulk::insert("inbox (dedupe, ticket, message, change_no, received, not_before)", 6, count);
        let statement = AssertSqlSafe(format!("{} RETURNING dedupe, id", insert.as_str()));
        let mut query = sqlx::query(statement).persistent(count <= KEPT);
        for (message, at) in &self.messages {
            let MessageRow { dedupe, ticket, json, change_no } = message;
            query = query.bind(dedupe).bind(*ticket).bind(json).bind(*change_no);
            query = query.bind(micros(*at)).bind(micros(*at));
        }
        let rows = query.fetch_all(tx).await?;
        rows.iter().map(|row| Ok((row::text(row, "dedupe")?, row::number(row, "id")?))).collect()
    }
}
