//! The inbox: the specification's table `Queue`. Messages wait here until one worker at a time takes them.
//!
//! What a message means is left to those who post and claim.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use egi_model::notice::{FaultyNotice, FieldFault, Notice};
use egi_model::participation::TeamWord;
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{Any, Executor};

use crate::error::{Operation, StoreError};
use crate::journal::PlanId;
use crate::row::{self, micros, ticket_no};
use crate::{Store, bulk};

/// What somebody wants done about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Message {
    /// The ticket's state was changed.
    Notice(Notice),
    /// A notice about the ticket could not be read; the ticket is to be told.
    Faulty {
        /// The ticket.
        ticket: TicketId,
        /// Every wrong field.
        faults: Vec<FieldFault>,
    },
    /// The ticket is to be looked at as it stands: it and the record disagree, and no change accounts for it.
    Check {
        /// The ticket.
        ticket: TicketId,
    },
    /// The slot the release waits for is free.
    Wake {
        /// The ticket.
        ticket: TicketId,
    },
    /// Somebody said something of an early-adopter team's part.
    TeamWord(TeamWord),
    /// The tickets of the early-adopter teams are to be looked at: one of them and the record disagree.
    Teams {
        /// The release's ticket.
        ticket: TicketId,
    },
}

impl Message {
    /// The message for a notice that could not be read; `None` when it can not be told whose it is.
    #[must_use]
    pub fn of_faulty(notice: FaultyNotice) -> Option<Self> {
        let FaultyNotice { ticket, faults } = notice;
        ticket.map(|ticket| Self::Faulty { ticket, faults })
    }

    /// The ticket it is about.
    #[must_use]
    pub const fn ticket(&self) -> TicketId {
        match self {
            Self::Notice(notice) => notice.ticket,
            Self::TeamWord(said) => said.release,
            Self::Faulty { ticket, .. } | Self::Wake { ticket } | Self::Check { ticket } | Self::Teams { ticket } => {
                *ticket
            }
        }
    }
}

/// The number of a message in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InboxId(pub(crate) i64);

impl fmt::Display for InboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The dedupe key of a change that the ticket system numbers.
#[must_use]
pub fn change_key(change: u64) -> String {
    format!("change-{change}")
}

/// What became of a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub id: InboxId,
    /// Whether it is new; otherwise its dedupe key was seen before and `id` is the earlier message.
    pub new: bool,
}

/// A worker's right to work on a message. Only [`Store::claim`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// The message's number.
    pub id: InboxId,
    /// How often the message was claimed, this time included: what tells this claim from an older one.
    pub attempt: u32,
    /// The message.
    pub message: Message,
    /// When it came.
    pub received: DateTime<Utc>,
    /// How often it was put back.
    pub tries: u32,
    /// The plan that was open for it when it was claimed.
    pub plan: Option<PlanId>,
}

impl Claim {
    /// The ticket the message is about.
    #[must_use]
    pub const fn ticket(&self) -> TicketId {
        self.message.ticket()
    }

    pub(crate) const fn lost(&self) -> StoreError {
        StoreError::LeaseLost { message: self.id, ticket: self.ticket() }
    }
}

/// A message that is not done, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingMessage {
    /// Its number.
    pub id: InboxId,
    /// The message.
    pub message: Message,
    /// When it came.
    pub received: DateTime<Utc>,
    /// When it may be worked on again.
    pub not_before: DateTime<Utc>,
    /// How often it was put back.
    pub tries: u32,
    /// Why it was put back last.
    pub note: Option<String>,
    /// Who works on it now.
    pub worker: Option<String>,
    /// Until when it is theirs, unless they give a sign of life.
    pub until: Option<DateTime<Utc>>,
    /// The plan that is open for it.
    pub plan: Option<PlanId>,
}

/// The next claimable message. Of a ticket's messages only the first can be claimed, and none while another one is
/// under a live lease. First is the one with an open plan, then those whose change is numbered, then the others as
/// they came.
const NEXT: &str = "
    SELECT m.id, m.attempt, m.ticket, m.message, m.received, m.tries, m.plan FROM inbox m
    WHERE m.finished IS NULL AND m.not_before <= ? AND m.lease_until <= ?
      AND NOT EXISTS (
        SELECT 1 FROM inbox o
        WHERE o.ticket = m.ticket AND o.finished IS NULL AND o.id <> m.id
          AND (o.lease_until > ?
            OR (CASE WHEN o.plan IS NULL THEN 1 ELSE 0 END, COALESCE(o.change_no, 9223372036854775807), o.id)
             < (CASE WHEN m.plan IS NULL THEN 1 ELSE 0 END, COALESCE(m.change_no, 9223372036854775807), m.id)))
    ORDER BY m.id LIMIT 1";

/// What is asked for of messages that wait.
macro_rules! pending {
    () => {
        "SELECT id, message, received, not_before, tries, note, plan,
                CASE WHEN lease_until > ? THEN worker END AS worker,
                CASE WHEN lease_until > ? THEN lease_until END AS lease_until
         FROM inbox WHERE finished IS NULL"
    };
}

impl Store {
    /// Claims the next message for `worker` until `at + lease`; `None` when nothing can be claimed at `at`.
    ///
    /// Claims on the same ticket's other messages whose leases have run out end with this: of a ticket, one message
    /// is worked on at a time, whatever a worker that was frozen believes.
    pub async fn claim(&self, worker: &str, at: DateTime<Utc>, lease: Duration) -> Result<Option<Claim>, StoreError> {
        let operation = Operation::new("claim a message");
        let mut tx = self.begin_write(operation).await?;
        let claim = claim_next(&mut tx, worker, at, lease).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())?;
        Ok(claim)
    }

    /// Prolongs the lease until `at + lease`: the heartbeat of a worker. A lease that ran out is prolonged too, as
    /// long as nobody else claimed the ticket.
    pub async fn renew(&self, claim: &Claim, at: DateTime<Utc>, lease: Duration) -> Result<(), StoreError> {
        let operation = Operation::of("prolong the lease on a message", claim.ticket());
        let update =
            sqlx::query("UPDATE inbox SET lease_until = ? WHERE id = ? AND attempt = ? AND worker IS NOT NULL")
                .bind(end_of(at, lease))
                .bind(claim.id.0)
                .bind(i64::from(claim.attempt));
        let result = update.execute(&self.write).await.map_err(operation.failed())?;
        if result.rows_affected() == 0 { Err(claim.lost()) } else { Ok(()) }
    }

    /// Ends the lease that `worker` holds on a message, because the worker is known to be dead. Should it live after
    /// all, its next write is refused as soon as somebody else has claimed the message.
    pub async fn end_lease(&self, message: InboxId, worker: &str) -> Result<(), StoreError> {
        let operation = Operation::new("end the lease of a dead worker");
        let update =
            sqlx::query("UPDATE inbox SET lease_until = 0 WHERE id = ? AND worker = ?").bind(message.0).bind(worker);
        update.execute(&self.write).await.map_err(operation.failed())?;
        Ok(())
    }

    /// Gives the message back to be claimed again from `not_before` on, because of trouble that may pass. This counts
    /// as a try; an open plan stays open.
    pub async fn put_back(&self, claim: &Claim, not_before: DateTime<Utc>, note: &str) -> Result<(), StoreError> {
        let operation = Operation::of("put a message back", claim.ticket());
        let update = sqlx::query(
            "UPDATE inbox SET worker = NULL, lease_until = 0, tries = tries + 1, not_before = ?, note = ?
             WHERE id = ? AND attempt = ? AND worker IS NOT NULL",
        )
        .bind(micros(not_before))
        .bind(row::note(note))
        .bind(claim.id.0)
        .bind(i64::from(claim.attempt));
        let result = update.execute(&self.write).await.map_err(operation.failed())?;
        if result.rows_affected() == 0 { Err(claim.lost()) } else { Ok(()) }
    }

    /// Lets what waits of a ticket be looked at from `now` on, because what it waits for may have come.
    pub async fn hasten(&self, ticket: TicketId, now: DateTime<Utc>) -> Result<(), StoreError> {
        let operation = Operation::of("hasten the messages that wait", ticket);
        hasten(&self.write, ticket, now).await.map_err(operation.failed())
    }

    /// Takes from a notice the number of a change that is not its own, so that the notice of the change that has this
    /// number can be posted. Its dedupe key goes with it.
    pub async fn disown_change(&self, claim: &Claim) -> Result<(), StoreError> {
        let operation = Operation::of("take a wrong number from a message", claim.ticket());
        let Message::Notice(notice) = &claim.message else { return Ok(()) };
        let unnumbered = Message::Notice(Notice { change: None, ..notice.clone() });
        let update = sqlx::query(
            "UPDATE inbox SET change_no = NULL, message = ?, dedupe = ?
             WHERE id = ? AND attempt = ? AND worker IS NOT NULL",
        )
        .bind(row::render_json(&unnumbered).map_err(operation.failed())?)
        .bind(format!("disowned-{}", claim.id))
        .bind(claim.id.0)
        .bind(i64::from(claim.attempt));
        let result = update.execute(&self.write).await.map_err(operation.failed())?;
        if result.rows_affected() == 0 { Err(claim.lost()) } else { Ok(()) }
    }

    /// Ends the message without a plan: there was nothing to do.
    pub async fn dismiss(&self, claim: &Claim, note: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        let operation = Operation::of("dismiss a message", claim.ticket());
        let mut tx = self.begin_write(operation).await?;
        if let Some(plan) = fence(&mut tx, claim, operation).await? {
            return Err(StoreError::PlanOpen { message: claim.id, ticket: claim.ticket(), plan });
        }
        finish(&mut tx, claim.id, note, at).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())
    }

    /// All messages that are not done, oldest first, as they stand at `now`. There may be many: for people.
    pub async fn pending(&self, now: DateTime<Utc>) -> Result<Vec<PendingMessage>, StoreError> {
        let operation = Operation::new("load the messages that wait");
        let query = sqlx::query(concat!(pending!(), " ORDER BY id")).bind(micros(now)).bind(micros(now));
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(pending_message).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// How many they are.
    pub async fn count_pending(&self) -> Result<u64, StoreError> {
        let operation = Operation::new("count the messages that wait");
        let query = sqlx::query("SELECT COUNT(*) AS found FROM inbox WHERE finished IS NULL");
        let row = query.fetch_one(&self.read).await.map_err(operation.failed())?;
        row::count(&row, "found").map_err(operation.failed())
    }

    /// Those of one ticket.
    pub async fn pending_of(&self, ticket: TicketId, now: DateTime<Utc>) -> Result<Vec<PendingMessage>, StoreError> {
        let operation = Operation::of("load the messages that wait", ticket);
        let query = sqlx::query(concat!(pending!(), " AND ticket = ? ORDER BY id"));
        let query = query.bind(micros(now)).bind(micros(now)).bind(ticket_no(ticket));
        let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
        rows.iter().map(pending_message).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// The messages that are worked on at `now`, each with its worker.
    pub async fn load_held(&self, now: DateTime<Utc>) -> Result<Vec<(InboxId, String)>, StoreError> {
        let operation = Operation::new("load the messages that are worked on");
        let query = sqlx::query(
            "SELECT id, worker FROM inbox
             WHERE finished IS NULL AND lease_until > ? AND worker IS NOT NULL ORDER BY id",
        );
        let rows = query.bind(micros(now)).fetch_all(&self.read).await.map_err(operation.failed())?;
        let held = |row: &AnyRow| Ok((InboxId(row::number(row, "id")?), row::text(row, "worker")?));
        rows.iter().map(held).collect::<row::Result<_>>().map_err(operation.failed())
    }

    /// Those of `changes` that were ever posted, by their numbers.
    pub async fn load_known_changes(&self, changes: &[u64]) -> Result<BTreeSet<u64>, StoreError> {
        let operation = Operation::new("load the numbers of known changes");
        let mut known = BTreeSet::new();
        for chunk in changes.chunks(bulk::ROWS) {
            let sql = bulk::with_list("SELECT change_no FROM inbox WHERE change_no IN", chunk.len());
            let query = chunk.iter().fold(sqlx::query(sql), |query, change| query.bind(change.cast_signed()));
            let rows = query.fetch_all(&self.read).await.map_err(operation.failed())?;
            for row in &rows {
                known.insert(row::count(row, "change_no").map_err(operation.failed())?);
            }
        }
        Ok(known)
    }
}

async fn claim_next(
    connection: &mut Tx,
    worker: &str,
    at: DateTime<Utc>,
    lease: Duration,
) -> row::Result<Option<Claim>> {
    let now = micros(at);
    let query = sqlx::query(NEXT).bind(now).bind(now).bind(now);
    let Some(row) = query.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let id = row::number(&row, "id")?;
    let claim = Claim {
        id: InboxId(id),
        attempt: row::count::<u32>(&row, "attempt")?.saturating_add(1),
        message: row::json(&row, "message")?,
        received: row::time(&row, "received")?,
        tries: row::count(&row, "tries")?,
        plan: row::optional_number(&row, "plan")?.map(PlanId),
    };
    let others = sqlx::query(
        "UPDATE inbox SET worker = NULL, lease_until = 0 WHERE ticket = ? AND finished IS NULL AND id <> ?",
    );
    others.bind(row::number(&row, "ticket")?).bind(id).execute(&mut *connection).await?;
    let update = sqlx::query("UPDATE inbox SET attempt = ?, worker = ?, lease_until = ? WHERE id = ?")
        .bind(i64::from(claim.attempt))
        .bind(worker)
        .bind(end_of(at, lease))
        .bind(id);
    update.execute(connection).await?;
    Ok(Some(claim))
}

/// When a lease ends; one too long to be counted never does.
fn end_of(at: DateTime<Utc>, lease: Duration) -> i64 {
    micros(at).saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

/// Lets what waits of a ticket be looked at from `now` on.
pub(crate) async fn hasten(
    to: impl Executor<'_, Database = Any>,
    ticket: TicketId,
    now: DateTime<Utc>,
) -> row::Result<()> {
    let update = sqlx::query(
        "UPDATE inbox SET not_before = ? WHERE ticket = ? AND finished IS NULL AND plan IS NULL AND not_before > ?",
    );
    let update = update.bind(micros(now)).bind(ticket_no(ticket)).bind(micros(now));
    update.execute(to).await.map(|_| ())
}

fn pending_message(row: &AnyRow) -> row::Result<PendingMessage> {
    Ok(PendingMessage {
        id: InboxId(row::number(row, "id")?),
        message: row::json(row, "message")?,
        received: row::time(row, "received")?,
        not_before: row::time(row, "not_before")?,
        tries: row::count(row, "tries")?,
        note: row::optional_text(row, "note")?,
        worker: row::optional_text(row, "worker")?,
        until: row::optional_time(row, "lease_until")?,
        plan: row::optional_number(row, "plan")?.map(PlanId),
    })
}

/// Checks that the message is still claimed with this attempt number; gives the plan that is open for it.
pub(crate) async fn fence(
    connection: &mut Tx,
    claim: &Claim,
    operation: Operation,
) -> Result<Option<PlanId>, StoreError> {
    let query = sqlx::query("SELECT id, plan FROM inbox WHERE id = ? AND attempt = ? AND worker IS NOT NULL")
        .bind(claim.id.0)
        .bind(i64::from(claim.attempt));
    let row = query.fetch_optional(connection).await.map_err(operation.failed())?.ok_or_else(|| claim.lost())?;
    Ok(row::optional_number(&row, "plan").map_err(operation.failed())?.map(PlanId))
}

/// Says which plan is open for a message.
pub(crate) async fn set_plan(connection: &mut Tx, message: InboxId, plan: PlanId) -> row::Result<()> {
    let update = sqlx::query("UPDATE inbox SET plan = ? WHERE id = ?").bind(plan.0).bind(message.0);
    update.execute(connection).await.map(|_| ())
}

/// Ends a message; its claim and its plan end with it.
pub(crate) async fn finish(connection: &mut Tx, message: InboxId, note: &str, at: DateTime<Utc>) -> row::Result<()> {
    let update = sqlx::query(
        "UPDATE inbox SET finished = ?, note = ?, plan = NULL, worker = NULL, lease_until = 0 WHERE id = ?",
    )
    .bind(micros(at))
    .bind(row::note(note))
    .bind(message.0);
    update.execute(connection).await.map(|_| ())
}
