//! The past of a ticket system taken into the history: appended in batches, each of one transaction with the cursor.
//!
//! Every imported change leaves a message in the inbox that is done, under the key of the change. So whatever else hears
//! of it (a notice that comes late, `nsrw sync`) finds it known, and importing it again finds nothing to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use egi_model::history::HistoryEntry;
use egi_model::notice::Notice;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_workflow::past::{CarriedOut, PastChange, PastStanding, PastStep};
use egi_workflow::record::ReleaseRecord;
use serde::Serialize;

use crate::error::{Operation, StoreError};
use crate::inbox::{Message, change_key};
use crate::row::{self, micros, ticket_no};
use crate::{Store, bulk, history, releases};

/// What became of past changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Releases put on record.
    pub releases: u64,
    /// Changes of `RolloutProgress` appended to the history.
    pub changes: u64,
    /// Changes that were not carried out: the repository's answer to each is among the appended ones and stands for both.
    pub attempts: u64,
    /// Changes and creations the history had already.
    pub known: u64,
    /// Changes with a smaller number than one of their ticket that is known: the history is only appended to.
    pub late: u64,
    /// Releases left alone, because the workflow works on them itself.
    pub own: BTreeSet<TicketId>,
    /// Of the appended changes those that are forbidden today, by where they led from and to.
    #[serde(skip)]
    pub forbidden: BTreeMap<(RolloutState, RolloutState), u64>,
}

impl Imported {
    /// Adds what became of more.
    pub fn add(&mut self, more: Self) {
        self.releases += more.releases;
        self.changes += more.changes;
        self.attempts += more.attempts;
        self.known += more.known;
        self.late += more.late;
        self.own.extend(more.own);
        for (pair, count) in more.forbidden {
            *self.forbidden.entry(pair).or_default() += count;
        }
    }
}

impl Store {
    /// The number of the last change of `source` that was looked at; 0 before the first.
    pub async fn load_import_cursor(&self, source: &str) -> Result<u64, StoreError> {
        let operation = Operation::new("load how far the past was imported");
        let query = sqlx::query("SELECT source, change_no FROM imports WHERE source = ?").bind(source);
        let row = query.fetch_optional(&self.read).await.map_err(operation.failed())?;
        row.map_or(Ok(0), |row| row::count(&row, "change_no")).map_err(operation.failed())
    }

    /// Appends past changes to the history, in the order of their numbers, puts their releases on record where they stood
    /// then, and notes that `source` was read up to the change `cursor`. All of it in one transaction.
    ///
    /// What the history has already is not appended again. A release the workflow has a plan or a waiting message for is
    /// left alone: its past would come after its present, and a worker may be about to write its record.
    pub async fn import_past(
        &self,
        source: &str,
        changes: &[PastChange],
        cursor: u64,
        at: DateTime<Utc>,
    ) -> Result<Imported, StoreError> {
        let operation = Operation::new("import past changes");
        let mut tx = self.begin_write(operation).await?;
        let work = async {
            let imported = import(&mut tx, changes, at).await?;
            save_cursor(&mut tx, source, cursor, at).await?;
            tx.commit().await?;
            Ok(imported)
        };
        work.await.map_err(operation.failed())
    }
}

async fn import(connection: &mut Tx, changes: &[PastChange], at: DateTime<Utc>) -> row::Result<Imported> {
    let tickets: BTreeSet<TicketId> = changes.iter().map(|change| change.ticket).collect();
    let mut batch = Batch::load(connection, tickets.into_iter().collect()).await?;
    for change in changes {
        batch.take(change);
    }
    history::append_all(connection, &batch.entries).await?;
    let records: Vec<ReleaseRecord> = batch.touched().cloned().collect();
    releases::save_all(connection, &records).await?;
    save_known(connection, &batch.moves, at).await?;
    Ok(batch.imported)
}

/// What is known of the tickets of a batch, and what becomes of them.
#[derive(Debug, Default)]
struct Batch<'a> {
    standing: BTreeMap<TicketId, PastStanding>,
    /// The largest number of a known change, by ticket.
    last: BTreeMap<TicketId, u64>,
    known: BTreeSet<u64>,
    own: BTreeSet<TicketId>,
    changed: BTreeSet<TicketId>,
    entries: Vec<HistoryEntry>,
    moves: Vec<&'a PastChange>,
    imported: Imported,
}

impl<'a> Batch<'a> {
    async fn load(connection: &mut Tx, tickets: Vec<TicketId>) -> row::Result<Self> {
        let mut batch = Self::default();
        for tickets in tickets.chunks(bulk::ROWS) {
            batch.load_releases(connection, tickets).await?;
            batch.load_known(connection, tickets).await?;
            batch.load_own(connection, tickets).await?;
        }
        Ok(batch)
    }

    /// A release that stands on record came there from the state its last entry tells.
    async fn load_releases(&mut self, connection: &mut Tx, tickets: &[TicketId]) -> row::Result<()> {
        let sql = bulk::with_list(
            "SELECT r.ticket, r.document, h.entry FROM releases r
             JOIN history h ON h.seq = (SELECT MAX(l.seq) FROM history l WHERE l.ticket = r.ticket)
             WHERE r.ticket IN",
            tickets.len(),
        );
        let query = tickets.iter().fold(sqlx::query(sql), |query, ticket| query.bind(ticket_no(*ticket)));
        for row in query.fetch_all(connection).await? {
            let entry: HistoryEntry = row::json(&row, "entry")?;
            let standing = PastStanding { record: row::json(&row, "document")?, before: entry.from };
            self.standing.insert(row::ticket(&row, "ticket")?, standing);
        }
        Ok(())
    }

    async fn load_known(&mut self, connection: &mut Tx, tickets: &[TicketId]) -> row::Result<()> {
        let sql = "SELECT change_no, ticket FROM inbox WHERE change_no IS NOT NULL AND ticket IN";
        let query = sqlx::query(bulk::with_list(sql, tickets.len()));
        let query = tickets.iter().fold(query, |query, ticket| query.bind(ticket_no(*ticket)));
        for row in query.fetch_all(connection).await? {
            let (change, ticket) = (row::count(&row, "change_no")?, row::ticket(&row, "ticket")?);
            self.note_known(ticket, change);
        }
        Ok(())
    }

    async fn load_own(&mut self, connection: &mut Tx, tickets: &[TicketId]) -> row::Result<()> {
        for sql in [
            "SELECT DISTINCT ticket FROM plans WHERE ticket IN",
            "SELECT DISTINCT ticket FROM inbox WHERE finished IS NULL AND ticket IN",
        ] {
            let query = sqlx::query(bulk::with_list(sql, tickets.len()));
            let query = tickets.iter().fold(query, |query, ticket| query.bind(ticket_no(*ticket)));
            for row in query.fetch_all(&mut *connection).await? {
                self.own.insert(row::ticket(&row, "ticket")?);
            }
        }
        Ok(())
    }

    fn note_known(&mut self, ticket: TicketId, change: u64) {
        let last = self.last.entry(ticket).or_default();
        *last = change.max(*last);
        self.known.insert(change);
    }

    fn take(&mut self, change: &'a PastChange) {
        let on_record = self.standing.contains_key(&change.ticket);
        if self.known.contains(&change.id) || (on_record && change.what == PastStep::Created) {
            self.imported.known += 1;
        } else if self.own.contains(&change.ticket) {
            self.imported.own.insert(change.ticket);
        } else if self.last.get(&change.ticket).is_some_and(|last| *last > change.id) {
            self.imported.late += 1;
        } else {
            self.append(change, on_record);
        }
    }

    fn append(&mut self, change: &'a PastChange, on_record: bool) {
        if !on_record {
            self.imported.releases += 1;
        }
        if let PastStep::Moved { from, to, carried_out } = change.what {
            if !on_record {
                self.entries.push(change.creation());
            }
            if !change.is_allowed() {
                *self.imported.forbidden.entry((from, to)).or_default() += 1;
            }
            match carried_out {
                CarriedOut::Yes => self.imported.changes += 1,
                CarriedOut::No => self.imported.attempts += 1,
            }
            self.moves.push(change);
            self.note_known(change.ticket, change.id);
        }
        let before = self.standing.get(&change.ticket);
        self.entries.extend(change.entry(before));
        let standing = change.standing(before);
        self.standing.insert(change.ticket, standing);
        self.changed.insert(change.ticket);
    }

    /// The records that are to be written.
    fn touched(&self) -> impl Iterator<Item = &ReleaseRecord> {
        self.changed.iter().filter_map(|ticket| self.standing.get(ticket)).map(|standing| &standing.record)
    }
}

/// Leaves a message for each change that is done already.
async fn save_known(connection: &mut Tx, moves: &[&PastChange], at: DateTime<Utc>) -> row::Result<()> {
    let columns = "inbox (dedupe, ticket, message, change_no, received, not_before, note, finished)";
    for chunk in moves.chunks(bulk::ROWS) {
        let mut insert = sqlx::query(bulk::insert(columns, 8, chunk.len()));
        for change in chunk {
            let PastStep::Moved { from: previous, to: current, .. } = change.what else { continue };
            let (ticket, emergency) = (change.ticket, change.emergency);
            let notice = Notice { ticket, current, previous, emergency, change: Some(change.id) };
            insert = insert
                .bind(change_key(change.id))
                .bind(ticket_no(ticket))
                .bind(row::render_json(&Message::Notice(notice))?)
                .bind(change.id.cast_signed())
                .bind(micros(at))
                .bind(micros(at))
                .bind("imported")
                .bind(micros(at));
        }
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}

async fn save_cursor(connection: &mut Tx, source: &str, cursor: u64, at: DateTime<Utc>) -> row::Result<()> {
    let delete = sqlx::query("DELETE FROM imports WHERE source = ?").bind(source);
    delete.execute(&mut *connection).await?;
    let insert = sqlx::query("INSERT INTO imports (source, change_no, imported) VALUES (?, ?, ?)");
    insert.bind(source).bind(cursor.cast_signed()).bind(micros(at)).execute(connection).await.map(|_| ())
}
