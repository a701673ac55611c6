//! Where each release stands, who holds which slot, and who waits for one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_model::version::Version;
use egi_workflow::Plan;
use egi_workflow::record::ReleaseRecord;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor};

use crate::error::{Operation, StoreError};
use crate::row::{self, micros, ticket_no};
use crate::sql::Tx;
use crate::{Store, bulk, history};

/// A deferred release whose slot is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WakeCall {
    /// Its ticket.
    pub ticket: TicketId,
    /// The dedupe key to post its [`Message::Wake`](crate::Message::Wake) with. It stays the same until the history
    /// grows: a wake that comes to nothing is not repeated before something changed, but then it is.
    pub dedupe: String,
}

impl Store {
    /// The release's record; written when the release is first heard of, as submitted at `created_at` by `by`, with
    /// the first entry of its history.
    pub async fn register(
        &self,
        ticket: TicketId,
        created_at: DateTime<Utc>,
        by: Option<String>,
    ) -> Result<ReleaseRecord, StoreError> {
        let operation = Operation::of("register a release", ticket);
        if let Some(record) = load(&self.read, ticket).await.map_err(operation.failed())? {
            return Ok(record);
        }
        let mut tx = self.begin_write(operation).await?;
        let record = match load(&mut tx, ticket).await.map_err(operation.failed())? {
            Some(record) => record,
            None => insert_first(&mut tx, ticket, created_at, by).await.map_err(operation.failed())?,
        };
        tx.commit().await.map_err(operation.failed())?;
        Ok(record)
    }

    /// The release's record, if it was heard of.
    pub async fn load_release(&self, ticket: TicketId) -> Result<Option<ReleaseRecord>, StoreError> {
        load(&self.read, ticket).await.map_err(Operation::of("load a release", ticket).failed())
    }

    /// The records of all releases, by ticket.
    pub async fn load_releases(&self) -> Result<Vec<ReleaseRecord>, StoreError> {
        let operation = Operation::new("load the releases");
        let rows = sqlx::query("SELECT ticket, document FROM releases ORDER BY ticket").fetch_all(&self.read);
        let rows = rows.await.map_err(operation.failed())?;
        rows.iter().map(|row| row::json(row, "document")).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Another release that holds `slot`, or has a plan open by which it will.
    pub async fn slot_holder(&self, slot: &str, except: TicketId) -> Result<Option<TicketId>, StoreError> {
        let operation = Operation::of("find who holds the slot", except);
        find_holder(&self.read, slot, except).await.map_err(operation.failed())
    }

    /// Another release of the same product and version, unless it ended without being published; also one that a plan
    /// is taking in. Versions are the same when their numbers are, however they are spelled.
    pub async fn same_release(
        &self,
        product: &str,
        version: &Version,
        except: TicketId,
    ) -> Result<Option<TicketId>, StoreError> {
        let operation = Operation::of("find another ticket for the same release", except);
        let mut tx = self.begin_read(operation).await?;
        find_same(&mut tx, product, version, except).await.map_err(operation.failed())
    }

    /// The deferred releases to wake: of each slot that nobody holds, the one that waits longest. While a message of
    /// that one is not done, nobody is woken in its place.
    pub async fn wakeable(&self) -> Result<Vec<WakeCall>, StoreError> {
        let operation = Operation::new("find the deferred releases to wake");
        let mut tx = self.begin_read(operation).await?;
        wake_calls(&mut tx).await.map_err(operation.failed())
    }
}

async fn load(executor: impl Executor<'_, Database = Any>, ticket: TicketId) -> row::Result<Option<ReleaseRecord>> {
    let query = sqlx::query("SELECT ticket, document FROM releases WHERE ticket = ?").bind(ticket_no(ticket));
    query.fetch_optional(executor).await?.map(|row| row::json(&row, "document")).transpose()
}

async fn insert_first(
    connection: &mut Tx,
    ticket: TicketId,
    created_at: DateTime<Utc>,
    by: Option<String>,
) -> row::Result<ReleaseRecord> {
    let record = ReleaseRecord::submitted(ticket, created_at);
    let entry = HistoryEntry {
        ticket,
        at: created_at,
        from: record.state,
        asked: record.state,
        to: record.state,
        outcome: Outcome::Performed,
        by,
        reasons: Vec::new(),
        emergency: Emergency::No,
        provider: None,
        release: None,
        imported: None,
    };
    history::append(connection, &entry).await?;
    save(connection, &record).await?;
    Ok(record)
}

/// Writes a release's record over the one before.
pub(crate) async fn save(connection: &mut Tx, record: &ReleaseRecord) -> row::Result<()> {
    save_all(connection, std::slice::from_ref(record)).await
}

/// Writes the records of several releases over those before.
pub(crate) async fn save_all(connection: &mut Tx, records: &[ReleaseRecord]) -> row::Result<()> {
    let columns = ["state", "stood", "since", "slot", "holds_slot", "product", "version", "document"];
    let dialect = connection.dialect();
    for chunk in records.chunks(bulk::ROWS) {
        let mut save = sqlx::query(bulk::upsert(dialect, "releases", "ticket", &columns, chunk.len()));
        for record in chunk {
            let facts = record.facts.as_ref();
            save = save
                .bind(ticket_no(record.ticket))
                .bind(record.state.as_str())
                .bind(record.stood.as_str())
                .bind(micros(record.since))
                .bind(facts.map(|facts| row::key(&facts.slot)))
                .bind(i64::from(record.holds_slot()))
                .bind(facts.map(|facts| row::key(&facts.product())))
                .bind(facts.map(|facts| facts.release.version.to_string()))
                .bind(row::render_json(record)?);
        }
        save.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Another release than that of `except` that holds the slot or is about to.
pub(crate) async fn find_holder(
    executor: impl Executor<'_, Database = Any>,
    slot: &str,
    except: TicketId,
) -> row::Result<Option<TicketId>> {
    let query = sqlx::query(
        "SELECT ticket FROM releases WHERE slot = ? AND holds_slot = 1 AND ticket <> ?
         UNION SELECT ticket FROM plans WHERE slot = ? AND state = 'open' AND ticket <> ?
         ORDER BY ticket LIMIT 1",
    );
    let slot = row::key(slot);
    let query = query.bind(slot.clone()).bind(ticket_no(except)).bind(slot).bind(ticket_no(except));
    query.fetch_optional(executor).await?.map(|row| row::ticket(&row, "ticket")).transpose()
}

/// Whether this release holds the slot.
pub(crate) async fn holds(connection: &mut Tx, ticket: TicketId, slot: &str) -> row::Result<bool> {
    let query = sqlx::query("SELECT ticket FROM releases WHERE ticket = ? AND slot = ? AND holds_slot = 1");
    let row = query.bind(ticket_no(ticket)).bind(row::key(slot)).fetch_optional(connection).await?;
    Ok(row.is_some())
}

/// The row's ticket, when its release stands in the way of another one with this version.
/// Another release of the same product and version, on record or in an open plan.
pub(crate) async fn find_same(
    connection: &mut Tx,
    product: &str,
    version: &Version,
    except: TicketId,
) -> row::Result<Option<TicketId>> {
    let query =
        sqlx::query("SELECT ticket, state, version FROM releases WHERE product = ? AND ticket <> ? ORDER BY ticket");
    let rows = query.bind(row::key(product)).bind(ticket_no(except)).fetch_all(&mut *connection).await?;
    let taken = rows.iter().map(|row| taken_by(row, version)).collect::<row::Result<Vec<_>>>()?;
    if let Some(ticket) = taken.into_iter().flatten().next() {
        return Ok(Some(ticket));
    }
    let query = sqlx::query("SELECT document FROM plans WHERE state = 'open' AND ticket <> ? ORDER BY id");
    let rows = query.bind(ticket_no(except)).fetch_all(connection).await?;
    let plans = rows.iter().map(|row| row::json::<Plan>(row, "document")).collect::<row::Result<Vec<_>>>()?;
    let same = |plan: &Plan| {
        plan.settles.facts.as_ref().is_some_and(|f| f.product() == product && f.release.version == *version)
    };
    Ok(plans.into_iter().find(|plan| !plan.settles.state.is_terminal() && same(plan)).map(|plan| plan.ticket))
}

fn taken_by(row: &AnyRow, version: &Version) -> row::Result<Option<TicketId>> {
    let state: RolloutState = row::parsed(row, "state")?;
    let gone = state.is_terminal() && state != RolloutState::Production;
    if gone || row::parsed::<Version>(row, "version")? != *version {
        return Ok(None);
    }
    row::ticket(row, "ticket").map(Some)
}

async fn wake_calls(connection: &mut Tx) -> row::Result<Vec<WakeCall>> {
    let query = sqlx::query(
        "SELECT r.ticket, r.slot, r.since,
                (SELECT COUNT(*) FROM inbox m WHERE m.ticket = r.ticket AND m.finished IS NULL) AS messages
         FROM releases r
         WHERE r.state = ? AND r.slot IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM releases h WHERE h.slot = r.slot AND h.holds_slot = 1)
           AND NOT EXISTS (SELECT 1 FROM plans p WHERE p.slot = r.slot AND p.state = 'open')
         ORDER BY r.since, r.ticket",
    );
    let rows = query.bind(RolloutState::Deferred.as_str()).fetch_all(&mut *connection).await?;
    let (records, _) = history::load_head(connection).await?;
    let mut slots = BTreeSet::new();
    let mut calls = Vec::new();
    for row in &rows {
        let first = slots.insert(row::text(row, "slot")?);
        if first && row::number(row, "messages")? == 0 {
            let ticket = row::ticket(row, "ticket")?;
            let dedupe = format!("wake/{ticket}/{}/{records}", row::number(row, "since")?);
            calls.push(WakeCall { ticket, dedupe });
        }
    }
    Ok(calls)
}
