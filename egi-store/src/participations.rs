//! What early adopters said of releases: each team's part as it stands, and the log of everything that happened, chained
//! record to record as the history is.

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::early_adopter::TeamName;
use egi_model::history::link;
use egi_model::participation::{ParticipationRecord, RolloutEntry, RolloutEvent};
use egi_model::ticket::TicketId;
use serde::Serialize;
use sqlx::any::AnyRow;

use crate::Store;
use crate::error::{Operation, StoreError};
use crate::row::{self, ticket_no};
use crate::sql::Tx;

/// A team's part with the number it has here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its number, from 1.
    pub number: u64,
    /// The part.
    pub record: ParticipationRecord,
}

/// A stored entry of the log: its place, and the chain that shows alterations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RolloutRecord {
    /// Its place in the log, from 1, without gaps.
    pub seq: u64,
    /// The entry.
    pub entry: RolloutEntry,
    /// The entry as it is stored: what the digest covers.
    pub text: String,
    /// Digest of the record before, zero for the first.
    pub previous: Sha256,
    /// Digest over place, entry and `previous`.
    pub digest: Sha256,
}

impl Store {
    /// The parts of teams in the staged rollout of one ticket's release, or of all, in the order they were invited.
    pub async fn load_parts(&self, ticket: Option<TicketId>) -> Result<Vec<Part>, StoreError> {
        let operation = Operation::new("load the parts of early adopters");
        let query = match ticket {
            Some(ticket) => sqlx::query("SELECT id, document FROM participations WHERE ticket = ? ORDER BY id")
                .bind(ticket_no(ticket)),
            None => sqlx::query("SELECT id, document FROM participations ORDER BY id"),
        };
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(part).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Puts a team's part on record and into the log, unless it is so already. `true` when it was not.
    pub async fn save_part(
        &self,
        record: &ParticipationRecord,
        by: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let operation = Operation::of("save an early adopter's part", record.release);
        let mut tx = self.begin_write(operation).await?;
        let write = async {
            let known = find(&mut tx, record.release, &record.team).await?;
            if known.as_ref().is_some_and(|known| known.record == *record) {
                return Ok(false);
            }
            let document = row::render_json(record)?;
            let statement = match known {
                Some(known) => sqlx::query("UPDATE participations SET document = ? WHERE id = ?")
                    .bind(document)
                    .bind(known.number.cast_signed()),
                None => sqlx::query("INSERT INTO participations (document, ticket, team) VALUES (?, ?, ?)")
                    .bind(document)
                    .bind(ticket_no(record.release))
                    .bind(record.team.as_str()),
            };
            statement.execute(&mut tx).await?;
            let what = RolloutEvent::Participation(Box::new(record.clone()));
            append(&mut tx, &RolloutEntry { ticket: record.release, at, by: by.map(str::to_owned), what }).await?;
            tx.commit().await?;
            Ok(true)
        };
        write.await.map_err(operation.failed())
    }

    /// Puts on record that a release's consolidated report was published, unless this link is the last one on record.
    pub async fn save_published(
        &self,
        ticket: TicketId,
        link: &str,
        by: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let operation = Operation::of("note a published report", ticket);
        let known = self.load_rollout_log(Some(ticket)).await?;
        let last = known.iter().rev().find_map(|record| match &record.entry.what {
            RolloutEvent::Published { link } => Some(link),
            RolloutEvent::Participation(_) => None,
        });
        if last.is_some_and(|last| last == link) {
            return Ok(false);
        }
        let mut tx = self.begin_write(operation).await?;
        let what = RolloutEvent::Published { link: link.to_owned() };
        let entry = RolloutEntry { ticket, at, by: by.map(str::to_owned), what };
        append(&mut tx, &entry).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())?;
        Ok(true)
    }

    /// The log of staged rollouts: of one ticket's release, or of all.
    pub async fn load_rollout_log(&self, ticket: Option<TicketId>) -> Result<Vec<RolloutRecord>, StoreError> {
        let operation = Operation::new("load the log of staged rollouts");
        let query = match ticket {
            Some(ticket) => {
                sqlx::query("SELECT seq, entry, previous, digest FROM rollout_log WHERE ticket = ? ORDER BY seq")
                    .bind(ticket_no(ticket))
            }
            None => sqlx::query("SELECT seq, entry, previous, digest FROM rollout_log ORDER BY seq"),
        };
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(rollout_record).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// How many records the log of staged rollouts has, and the digest of the last.
    pub async fn load_rollout_head(&self) -> Result<(u64, Sha256), StoreError> {
        let operation = Operation::new("load the head of the log of staged rollouts");
        let mut tx = self.begin_read(operation).await?;
        load_head(&mut tx).await.map_err(operation.failed())
    }
}

fn part(row: &AnyRow) -> row::Result<Part> {
    Ok(Part { number: row::count(row, "id")?, record: row::json(row, "document")? })
}

fn rollout_record(row: &AnyRow) -> row::Result<RolloutRecord> {
    Ok(RolloutRecord {
        seq: row::count(row, "seq")?,
        entry: row::json(row, "entry")?,
        text: row::text(row, "entry")?,
        previous: row::parsed(row, "previous")?,
        digest: row::parsed(row, "digest")?,
    })
}

async fn find(connection: &mut Tx, ticket: TicketId, team: &TeamName) -> row::Result<Option<Part>> {
    let query = sqlx::query("SELECT id, document FROM participations WHERE ticket = ? AND team = ?");
    let row = query.bind(ticket_no(ticket)).bind(team.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(part).transpose()
}

async fn load_head(connection: &mut Tx) -> row::Result<(u64, Sha256)> {
    let row = sqlx::query("SELECT records, digest FROM rollout_head").fetch_one(connection).await?;
    Ok((row::count(&row, "records")?, row::parsed(&row, "digest")?))
}

async fn append(connection: &mut Tx, entry: &RolloutEntry) -> row::Result<()> {
    let (records, previous) = load_head(connection).await?;
    let seq = records.saturating_add(1);
    let text = row::render_json(entry)?;
    let digest = link(seq, &text, previous);
    let insert = sqlx::query("INSERT INTO rollout_log (seq, ticket, entry, previous, digest) VALUES (?, ?, ?, ?, ?)")
        .bind(seq.cast_signed())
        .bind(ticket_no(entry.ticket))
        .bind(text)
        .bind(previous.to_hex())
        .bind(digest.to_hex());
    insert.execute(&mut *connection).await?;
    let update = sqlx::query("UPDATE rollout_head SET records = ?, digest = ?").bind(seq.cast_signed());
    update.bind(digest.to_hex()).execute(connection).await.map(|_| ())
}
