//! The journal: what was decided about a message, which of its steps are done, and how it ended.
//!
//! A plan is stored before its first step is performed and a step is logged after it was performed, so that after a
//! crash at most the last step is performed again. Performing is left to others.

use std::fmt;

use crate::sql::Tx;
use chrono::{DateTime, Utc};
use egi_model::history::HistoryEntry;
use egi_model::release::Emergency;
use egi_model::ticket::TicketId;
use egi_workflow::Effect;
use egi_workflow::plan::{Plan, StepLog};
use egi_workflow::record::ReleaseRecord;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

use crate::error::{Operation, StoreError};
use crate::inbox::{self, Claim, fence, finish, set_plan};
use crate::row::{self, micros, ticket_no};
use crate::{Store, history, releases};

/// The number of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanId(pub(crate) i64);

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanState {
    /// Being carried out.
    Open,
    /// All steps are done.
    Closed,
    /// A step failed for good; the next plan of the message says so on the ticket.
    Failed,
}

impl PlanState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Failed];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for PlanState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A plan as the journal has it, for people and audits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanRecord {
    /// Its number.
    pub id: PlanId,
    /// The plan.
    pub plan: Plan,
    /// Where it stands.
    pub state: PlanState,
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// When it was closed or failed.
    pub ended: Option<DateTime<Utc>>,
    /// The steps that are done.
    pub steps: Vec<LoggedStep>,
}

/// A step that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoggedStep {
    /// What was logged.
    pub log: StepLog,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Stores the plan for a claimed message.
    ///
    /// A plan after which its release holds a slot reserves that slot. When another release took it since the decision
    /// was made, the plan is refused with [`StoreError::SlotTaken`]; an emergency is not held up.
    pub async fn open_plan(&self, claim: &Claim, plan: &Plan, at: DateTime<Utc>) -> Result<PlanId, StoreError> {
        let operation = Operation::of("store a plan", claim.ticket());
        let mut tx = self.begin_write(operation).await?;
        if let Some(open) = fence(&mut tx, claim, operation).await? {
            return Err(StoreError::PlanOpen { message: claim.id, ticket: claim.ticket(), plan: open });
        }
        if let Some((slot, holder)) = find_rival(&mut tx, plan).await.map_err(operation.failed())? {
            return Err(StoreError::SlotTaken { ticket: plan.ticket, slot, holder });
        }
        if let Some(holder) = find_twin(&mut tx, plan).await.map_err(operation.failed())? {
            return Err(StoreError::ReleaseTaken { ticket: plan.ticket, holder });
        }
        let id = insert_plan(&mut tx, claim, plan, at).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())?;
        Ok(id)
    }

    /// The plan that is open for a claimed message, with the steps that are done.
    pub async fn load_open_plan(&self, claim: &Claim) -> Result<Option<(PlanId, Plan, Vec<StepLog>)>, StoreError> {
        let operation = Operation::of("load the open plan", claim.ticket());
        let mut tx = self.begin_read(operation).await?;
        let Some(id) = fence(&mut tx, claim, operation).await? else {
            return Ok(None);
        };
        let query = sqlx::query("SELECT id, document FROM plans WHERE id = ?").bind(id.0).fetch_one(&mut tx);
        let plan = query.await.and_then(|row| row::json(&row, "document")).map_err(operation.failed())?;
        let steps = load_steps(&mut tx, id).await.map_err(operation.failed())?;
        Ok(Some((id, plan, steps.into_iter().map(|step| step.log).collect())))
    }

    /// Notes that a step is done. Of a step that was performed twice the first log stands.
    pub async fn log_step(
        &self,
        claim: &Claim,
        plan: PlanId,
        log: &StepLog,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let operation = Operation::of("log a step", claim.ticket());
        let mut tx = self.begin_write(operation).await?;
        fence_plan(&mut tx, claim, plan, operation).await?;
        insert_step(&mut tx, plan, log, at).await.map_err(operation.failed())?;
        // What comes next has all its tries before it.
        let fresh = sqlx::query("UPDATE inbox SET tries = 0 WHERE id = ?").bind(claim.id.0);
        fresh.execute(&mut tx).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())
    }

    /// Marks the open plan failed and opens its failure plan in its place, in one transaction.
    pub async fn fail_plan(
        &self,
        claim: &Claim,
        plan: PlanId,
        failure: &Plan,
        at: DateTime<Utc>,
    ) -> Result<PlanId, StoreError> {
        let operation = Operation::of("store a failure plan", claim.ticket());
        let mut tx = self.begin_write(operation).await?;
        fence_plan(&mut tx, claim, plan, operation).await?;
        end_plan(&mut tx, plan, PlanState::Failed, at).await.map_err(operation.failed())?;
        let id = insert_plan(&mut tx, claim, failure, at).await.map_err(operation.failed())?;
        tx.commit().await.map_err(operation.failed())?;
        Ok(id)
    }

    /// Closes the open plan: in one transaction the history grows by `entry`, `record` becomes the release's record,
    /// the plan and its message are done, and what waits of the tickets of `waiting` is due.
    pub async fn close_plan(
        &self,
        claim: &Claim,
        plan: PlanId,
        record: &ReleaseRecord,
        entry: &HistoryEntry,
        waiting: &[TicketId],
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let operation = Operation::of("close a plan", claim.ticket());
        let mut tx = self.begin_write(operation).await?;
        fence_plan(&mut tx, claim, plan, operation).await?;
        let write = async {
            history::append(&mut tx, entry).await?;
            releases::save(&mut tx, record).await?;
            end_plan(&mut tx, plan, PlanState::Closed, at).await?;
            finish(&mut tx, claim.id, entry.outcome.as_str(), at).await?;
            for ticket in waiting {
                inbox::hasten(&mut tx, *ticket, at).await?;
            }
            tx.commit().await
        };
        write.await.map_err(operation.failed())
    }

    /// Every plan ever made for a ticket, oldest first.
    pub async fn load_plans(&self, ticket: TicketId) -> Result<Vec<PlanRecord>, StoreError> {
        let operation = Operation::of("load the plans", ticket);
        let mut tx = self.begin_read(operation).await?;
        let query = sqlx::query("SELECT id, state, document, opened, ended FROM plans WHERE ticket = ? ORDER BY id");
        let rows = query.bind(ticket_no(ticket)).fetch_all(&mut tx).await.map_err(operation.failed())?;
        plan_records(&mut tx, &rows).await.map_err(operation.failed())
    }

    /// The plans that are under way, oldest first.
    pub async fn load_open_plans(&self) -> Result<Vec<PlanRecord>, StoreError> {
        let operation = Operation::new("load the plans under way");
        let mut tx = self.begin_read(operation).await?;
        let query = sqlx::query("SELECT id, state, document, opened, ended FROM plans WHERE state = ? ORDER BY id");
        let rows = query.bind(PlanState::Open.as_str()).fetch_all(&mut tx).await.map_err(operation.failed())?;
        plan_records(&mut tx, &rows).await.map_err(operation.failed())
    }
}

/// Checks the claim, and that this is the plan that is open for it.
async fn fence_plan(connection: &mut Tx, claim: &Claim, plan: PlanId, operation: Operation) -> Result<(), StoreError> {
    match fence(connection, claim, operation).await? {
        Some(open) if open == plan => Ok(()),
        Some(_) | None => Err(StoreError::PlanNotOpen { message: claim.id, ticket: claim.ticket(), plan }),
    }
}

/// The slot a release holds once the plan is carried out.
fn slot_of(plan: &Plan) -> Option<&str> {
    plan.settles.facts.as_ref().filter(|_| plan.settles.holds_slot()).map(|facts| facts.slot.as_str())
}

/// Another ticket that delivers the same release, when the plan takes a delivery in.
async fn find_twin(connection: &mut Tx, plan: &Plan) -> row::Result<Option<TicketId>> {
    let takes_in = plan.steps.iter().any(|step| matches!(step, Effect::Accept { .. }));
    match plan.settles.facts.as_ref().filter(|_| takes_in) {
        Some(facts) => releases::find_same(connection, &facts.product(), &facts.release.version, plan.ticket).await,
        None => Ok(None),
    }
}

/// Another release that has the slot this plan needs.
async fn find_rival(connection: &mut Tx, plan: &Plan) -> row::Result<Option<(String, TicketId)>> {
    let Some(slot) = slot_of(plan).filter(|_| plan.emergency == Emergency::No) else {
        return Ok(None);
    };
    if releases::holds(connection, plan.ticket, slot).await? {
        return Ok(None);
    }
    let holder = releases::find_holder(connection, slot, plan.ticket).await?;
    Ok(holder.map(|holder| (slot.to_owned(), holder)))
}

async fn insert_plan(connection: &mut Tx, claim: &Claim, plan: &Plan, at: DateTime<Utc>) -> row::Result<PlanId> {
    let insert = sqlx::query(
        "INSERT INTO plans (message, ticket, state, slot, document, opened) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(claim.id.0)
    .bind(ticket_no(plan.ticket))
    .bind(PlanState::Open.as_str())
    .bind(slot_of(plan).map(row::key))
    .bind(row::render_json(plan)?)
    .bind(micros(at));
    let id = PlanId(row::number(&insert.fetch_one(&mut *connection).await?, "id")?);
    set_plan(connection, claim.id, id).await?;
    Ok(id)
}

async fn end_plan(connection: &mut Tx, plan: PlanId, state: PlanState, at: DateTime<Utc>) -> row::Result<()> {
    let update = sqlx::query("UPDATE plans SET state = ?, ended = ? WHERE id = ?")
        .bind(state.as_str())
        .bind(micros(at))
        .bind(plan.0);
    update.execute(connection).await.map(|_| ())
}

async fn insert_step(connection: &mut Tx, plan: PlanId, log: &StepLog, at: DateTime<Utc>) -> row::Result<()> {
    let step = i64::try_from(log.step).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let known = sqlx::query("SELECT step FROM steps WHERE plan = ? AND step = ?").bind(plan.0).bind(step);
    if known.fetch_optional(&mut *connection).await?.is_some() {
        return Ok(());
    }
    let insert = sqlx::query("INSERT INTO steps (plan, step, document, logged) VALUES (?, ?, ?, ?)")
        .bind(plan.0)
        .bind(step)
        .bind(row::render_json(log)?)
        .bind(micros(at));
    insert.execute(connection).await.map(|_| ())
}

async fn load_steps(connection: &mut Tx, plan: PlanId) -> row::Result<Vec<LoggedStep>> {
    let query = sqlx::query("SELECT step, document, logged FROM steps WHERE plan = ? ORDER BY step").bind(plan.0);
    let rows = query.fetch_all(connection).await?;
    let step = |row| Ok(LoggedStep { log: row::json(row, "document")?, at: row::time(row, "logged")? });
    rows.iter().map(step).collect()
}

async fn plan_records(connection: &mut Tx, rows: &[AnyRow]) -> row::Result<Vec<PlanRecord>> {
    let mut plans = Vec::with_capacity(rows.len());
    for row in rows {
        plans.push(plan_record(connection, row).await?);
    }
    Ok(plans)
}

async fn plan_record(connection: &mut Tx, row: &AnyRow) -> row::Result<PlanRecord> {
    let id = PlanId(row::number(row, "id")?);
    let word = row::text(row, "state")?;
    let state = PlanState::ALL.into_iter().find(|state| state.as_str() == word);
    Ok(PlanRecord {
        id,
        plan: row::json(row, "document")?,
        state: row::decoded(row, "state", state.ok_or_else(|| format!("\"{word}\" is no plan's state")))?,
        opened: row::time(row, "opened")?,
        ended: row::optional_time(row, "ended")?,
        steps: load_steps(connection, id).await?,
    })
}
