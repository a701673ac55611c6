//! The history: written at its end, read whole or by ticket, checked from the first record to the last.

use crate::sql::Tx;
use egi_model::digest::Sha256;
use egi_model::history::{HistoryEntry, HistoryRecord, link, render_entry};
use egi_model::ticket::TicketId;
use sqlx::any::AnyRow;

use crate::Store;
use crate::bulk;
use crate::chain::{HistoryCheck, StoredRecord, Walk};
use crate::error::{Operation, StoreError};
use crate::row::{self, ticket_no};

/// How many records are read at a time while all are checked.
const PAGE: i64 = 1000;

impl Store {
    /// The history of one ticket, or of all, in the order it was written.
    pub async fn load_history(&self, ticket: Option<TicketId>) -> Result<Vec<HistoryRecord>, StoreError> {
        let operation = ticket.map_or(Operation::new("load the history"), |t| Operation::of("load the history", t));
        let query = match ticket {
            Some(ticket) => {
                sqlx::query("SELECT seq, entry, previous, digest FROM history WHERE ticket = ? ORDER BY seq")
                    .bind(ticket_no(ticket))
            }
            None => sqlx::query("SELECT seq, entry, previous, digest FROM history ORDER BY seq"),
        };
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(history_record).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// The history of some tickets, in the order it was written.
    pub async fn load_history_of(&self, tickets: &[TicketId]) -> Result<Vec<HistoryRecord>, StoreError> {
        let operation = Operation::new("load the history of some tickets");
        let mut records = Vec::new();
        for chunk in tickets.chunks(bulk::ROWS) {
            let sql = bulk::with_list("SELECT seq, entry, previous, digest FROM history WHERE ticket IN", chunk.len());
            let query = chunk.iter().fold(sqlx::query(sql), |query, ticket| query.bind(ticket_no(*ticket)));
            let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
            let read: row::Result<Vec<HistoryRecord>> = rows.iter().map(history_record).collect();
            records.extend(read.map_err(operation.failed())?);
        }
        records.sort_unstable_by_key(|record| record.seq);
        Ok(records)
    }

    /// The records after number `seq`, in the order they were written.
    pub async fn load_history_after(&self, seq: u64) -> Result<Vec<HistoryRecord>, StoreError> {
        let operation = Operation::new("load the newer history");
        let query = sqlx::query("SELECT seq, entry, previous, digest FROM history WHERE seq > ? ORDER BY seq");
        let rows = query.bind(seq.cast_signed()).fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(history_record).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// How many records the history has, and the digest of the last.
    pub async fn load_history_head(&self) -> Result<(u64, Sha256), StoreError> {
        let operation = Operation::new("load the head of the history");
        let mut tx = self.begin_read(operation).await?;
        load_head(&mut tx).await.map_err(operation.failed())
    }

    /// The digest of a record; `None` for one that is not there.
    pub async fn load_history_digest(&self, seq: u64) -> Result<Option<Sha256>, StoreError> {
        let operation = Operation::new("load a record's digest");
        let query = sqlx::query("SELECT seq, digest FROM history WHERE seq = ?").bind(seq.cast_signed());
        let row = query.fetch_optional(&self.read).await.map_err(operation.failed())?;
        row.map(|row| row::parsed(&row, "digest")).transpose().map_err(operation.failed())
    }

    /// Recomputes the whole chain from the stored text and says what does not fit.
    ///
    /// Whoever can write to the database can also compute a new chain to its end. Against that helps only to note the
    /// head elsewhere from time to time.
    pub async fn verify_history(&self) -> Result<HistoryCheck, StoreError> {
        let operation = Operation::new("verify the history");
        let mut tx = self.begin_read(operation).await?;
        walk(&mut tx).await.map_err(operation.failed())
    }
}

fn history_record(row: &AnyRow) -> row::Result<HistoryRecord> {
    Ok(HistoryRecord {
        seq: row::count(row, "seq")?,
        entry: row::json(row, "entry")?,
        previous: row::parsed(row, "previous")?,
        digest: row::parsed(row, "digest")?,
    })
}

async fn walk(connection: &mut Tx) -> row::Result<HistoryCheck> {
    let mut walk = Walk::new();
    let mut last = 0;
    loop {
        let query =
            sqlx::query("SELECT seq, ticket, entry, previous, digest FROM history WHERE seq > ? ORDER BY seq LIMIT ?");
        let rows = query.bind(last).bind(PAGE).fetch_all(&mut *connection).await?;
        for row in &rows {
            last = row::number(row, "seq")?;
            walk.step(&stored_record(row)?);
        }
        if rows.is_empty() {
            break;
        }
    }
    let head = sqlx::query("SELECT records, digest FROM history_head").fetch_optional(connection).await?;
    let head = head.map(|row| Ok::<_, sqlx::Error>((row::count(&row, "records")?, row::text(&row, "digest")?)));
    Ok(walk.finish(head.transpose()?))
}

fn stored_record(row: &AnyRow) -> row::Result<StoredRecord> {
    Ok(StoredRecord {
        seq: row::count(row, "seq")?,
        ticket: TicketId::new(row::number(row, "ticket")?.cast_unsigned()),
        entry: row::text(row, "entry")?,
        previous: row::text(row, "previous")?,
        digest: row::text(row, "digest")?,
    })
}

/// How many records there are, and the digest of the last.
pub(crate) async fn load_head(connection: &mut Tx) -> row::Result<(u64, Sha256)> {
    let row = sqlx::query("SELECT records, digest FROM history_head").fetch_one(connection).await?;
    Ok((row::count(&row, "records")?, row::parsed(&row, "digest")?))
}

/// Chains `entry` to the end of the history.
pub(crate) async fn append(connection: &mut Tx, entry: &HistoryEntry) -> row::Result<()> {
    append_all(connection, std::slice::from_ref(entry)).await
}

/// Chains `entries` to the end of the history, in their order.
pub(crate) async fn append_all(connection: &mut Tx, entries: &[HistoryEntry]) -> row::Result<()> {
    let (mut records, mut head) = load_head(connection).await?;
    for chunk in entries.chunks(bulk::ROWS) {
        let sql = bulk::insert("history (seq, ticket, entry, previous, digest)", 5, chunk.len());
        let mut insert = sqlx::query(sql);
        for entry in chunk {
            records = records.saturating_add(1);
            let (text, previous) = (render_entry(entry), head);
            head = link(records, &text, previous);
            insert = insert.bind(records.cast_signed()).bind(ticket_no(entry.ticket)).bind(text);
            insert = insert.bind(previous.to_hex()).bind(head.to_hex());
        }
        insert.execute(&mut *connection).await?;
    }
    let update =
        sqlx::query("UPDATE history_head SET records = ?, digest = ?").bind(records.cast_signed()).bind(head.to_hex());
    update.execute(connection).await.map(|_| ())
}
