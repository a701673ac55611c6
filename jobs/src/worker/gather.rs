//! Read only: everything one decision needs to know. After this nothing asks the ticket system a question that could
//! change the course.

use chrono::TimeDelta;
use egi_model::early_adopter::Team;
use egi_model::field::Field;
use egi_model::notice::Notice;
use egi_model::release::Emergency;
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId};
use egi_store::{Claim, Message, StoreError};
use egi_tickets::TicketError;
use egi_workflow::evidence;
use egi_workflow::snapshot::takes_delivery;
use egi_workflow::{Cause, Reason, ReleaseRecord, Rollout, Snapshot, gate_before};

use super::intake::Keep;
use super::{inbox, intake, set, teams};
use crate::gate::{self, GateError};
use crate::site::Site;

/// Why the world could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    /// The database.
    #[error("failed to read what is on record")]
    Store(#[from] StoreError),
    /// The ticket system.
    #[error("failed to read ticket {ticket}")]
    Ticket {
        /// The ticket.
        ticket: TicketId,
        /// Why.
        source: TicketError,
    },
    /// The gate.
    #[error("failed to ask the gate")]
    Gate(#[from] GateError),
}

/// What gathering led to.
pub(super) enum Gathered {
    /// The world as one decision needs it.
    Snapshot(Box<Snapshot>),
    /// Changes of this ticket that came before have not been handled; they are in the inbox now.
    EarlierFirst,
    /// There is nothing to decide, for this reason.
    Nothing(&'static str),
}

impl From<Snapshot> for Gathered {
    fn from(snapshot: Snapshot) -> Self {
        Self::Snapshot(Box::new(snapshot))
    }
}

/// The reason to refuse a message that is no readable notice.
pub(super) fn unreadable(claim: &Claim) -> Option<Reason> {
    match &claim.message {
        Message::Faulty { faults, .. } => Some(Reason::NoticeFaulty(faults.clone())),
        Message::Notice(_)
        | Message::Wake { .. }
        | Message::Check { .. }
        | Message::TeamWord(_)
        | Message::Teams { .. } => None,
    }
}

pub(super) async fn gather(site: &Site, claim: &Claim) -> Result<Gathered, GatherError> {
    let ticket = fetch_ticket(site, claim.message.ticket()).await?;
    let record = register(site, &ticket).await?;
    if record.stood == RolloutState::StageRollout {
        // What was written and not read yet counts for what is decided now.
        teams::read_tickets(site, ticket.id).await?;
    }
    match &claim.message {
        Message::Notice(notice) => gather_notice(site, claim, notice, ticket, record).await,
        Message::Wake { .. } => {
            let asked_by = Some(site.config.repository_account());
            snapshot(site, ticket, record, RolloutState::StageRollout, Cause::Wake, asked_by).await.map(Gathered::from)
        }
        Message::Check { .. } => gather_check(site, ticket, record).await,
        Message::TeamWord(_) | Message::Teams { .. } => Ok(Gathered::Nothing("it moves no release")),
        Message::Faulty { .. } => {
            let asked = record.state;
            snapshot(site, ticket, record, asked, Cause::Preview, None).await.map(Gathered::from)
        }
    }
}

/// The world as it would be if `actor` asked for `asked` now.
pub(crate) async fn gather_preview(
    site: &Site,
    ticket: TicketId,
    asked: RolloutState,
    actor: Option<Actor>,
) -> Result<Snapshot, GatherError> {
    let ticket = fetch_ticket(site, ticket).await?;
    let record = match site.store.load_release(ticket.id).await? {
        Some(record) => record,
        None => ReleaseRecord::submitted(ticket.id, ticket.created),
    };
    snapshot(site, ticket, record, asked, Cause::Preview, actor).await
}

async fn gather_notice(
    site: &Site,
    claim: &Claim,
    notice: &Notice,
    ticket: Ticket,
    record: ReleaseRecord,
) -> Result<Gathered, GatherError> {
    let history = fetch_progress_history(site, ticket.id).await?;
    let change = find_change(notice, &history);
    let misnumbered = notice.change != change.map(|c| c.id);
    if misnumbered && notice.change.is_some() {
        site.store.disown_change(claim).await?;
    }
    let Some(change) = change else {
        let cause = Cause::Notice { previous: notice.previous, in_history: false };
        return snapshot(site, ticket, record, notice.current, cause, None).await.map(Gathered::from);
    };
    let Some(told) = notice_of(change) else {
        return Ok(Gathered::Nothing("it tells of the repository's own change"));
    };
    let (previous, current) = (told.previous, told.current);
    if misnumbered {
        inbox::deliver(site, told).await?;
        return Ok(Gathered::Nothing("it is worked on under the number its change has in the ticket's history"));
    }
    if catch_up(site, change, &history).await? {
        return Ok(Gathered::EarlierFirst);
    }
    let cause = Cause::Notice { previous, in_history: true };
    let asked_by = Some(change.by.clone());
    snapshot(site, ticket, record, current, cause, asked_by).await.map(Gathered::from)
}

/// The ticket as it stands now, whatever was made of its changes before.
async fn gather_check(site: &Site, ticket: Ticket, record: ReleaseRecord) -> Result<Gathered, GatherError> {
    let mut snapshot = gather_standing(site, ticket, record).await?;
    snapshot.set = set::gather(site, &snapshot).await?;
    Ok(Gathered::from(snapshot))
}

/// The same, without the rest of the release's set.
pub(super) async fn gather_standing(
    site: &Site,
    ticket: Ticket,
    record: ReleaseRecord,
) -> Result<Snapshot, GatherError> {
    let history = fetch_progress_history(site, ticket.id).await?;
    let last = history.iter().rfind(|c| progress_change(c).is_some());
    let asked_by = last.map(|c| c.by.clone()).filter(|by| !by.roles.contains(&Role::Repository));
    let asked = ticket.progress().unwrap_or(record.state);
    let cause = Cause::Notice { previous: record.state, in_history: true };
    snapshot_alone(site, ticket, record, asked, cause, asked_by).await
}

async fn fetch_progress_history(site: &Site, ticket: TicketId) -> Result<Vec<TicketChange>, GatherError> {
    site.tickets.fetch_progress_history(ticket).await.map_err(|source| GatherError::Ticket { ticket, source })
}

/// The change of the ticket a notice tells of: the one of its number, else the last of its kind, else the ticket's last
/// one. It led to the state the notice tells in any case; where from, the ticket knows better.
fn find_change<'a>(notice: &Notice, history: &'a [TicketChange]) -> Option<&'a TicketChange> {
    let led_there = |c: &&TicketChange| progress_change(c).is_some_and(|(_, new)| new == notice.current);
    let numbered = || history.iter().filter(|c| Some(c.id) == notice.change).find(led_there);
    let told = Some((notice.previous, notice.current));
    let same = || history.iter().rfind(|c| progress_change(c) == told);
    let last = || history.iter().rfind(|c| progress_change(c).is_some()).filter(led_there);
    numbered().or_else(same).or_else(last)
}

/// The states before and after, when a change is one of `RolloutProgress`. An empty value is `Submitted`.
pub(crate) fn progress_change(change: &TicketChange) -> Option<(RolloutState, RolloutState)> {
    let ChangeKind::Field { field: Field::RolloutProgress, old, new } = &change.what else { return None };
    let state = |text: &Option<String>| text.as_deref().map_or(Ok(RolloutState::Submitted), str::parse).ok();
    Some((state(old)?, state(new)?))
}

/// The notice a change of the ticket should have caused; none for the repository's own changes.
pub(crate) fn notice_of(change: &TicketChange) -> Option<Notice> {
    let (previous, current) = progress_change(change)?;
    let own = change.by.roles.contains(&Role::Repository);
    let (ticket, emergency) = (change.ticket, Emergency::No);
    (!own).then_some(Notice { ticket, current, previous, emergency, change: Some(change.id) })
}

/// Puts into the inbox what came before `change` and was never heard of. Says whether anything before it is to be done,
/// which may also have come by itself since `change` was claimed.
async fn catch_up(site: &Site, change: &TicketChange, history: &[TicketChange]) -> Result<bool, StoreError> {
    for notice in history.iter().filter(|c| c.id < change.id).filter_map(notice_of) {
        inbox::deliver(site, notice).await?;
    }
    let earlier = |message: &Message| match message {
        Message::Notice(notice) => notice.change.is_some_and(|id| id < change.id),
        Message::Faulty { .. }
        | Message::Check { .. }
        | Message::Wake { .. }
        | Message::TeamWord(_)
        | Message::Teams { .. } => false,
    };
    let pending = site.store.pending_of(change.ticket, site.now()).await?;
    Ok(pending.iter().any(|pending| earlier(&pending.message)))
}

pub(super) async fn fetch_ticket(site: &Site, ticket: TicketId) -> Result<Ticket, GatherError> {
    site.tickets.fetch_ticket(ticket).await.map_err(|source| GatherError::Ticket { ticket, source })
}

async fn register(site: &Site, ticket: &Ticket) -> Result<ReleaseRecord, StoreError> {
    site.store.register(ticket.id, ticket.created, ticket.requestors.first().cloned()).await
}

/// What is known of early adopters.
pub(crate) async fn rollout(site: &Site, record: &ReleaseRecord) -> Result<Rollout, StoreError> {
    let teams = site.store.load_teams().await?;
    let teams_known = !teams.is_empty();
    let facts = record.facts.as_ref();
    let fits = |team: &Team| facts.is_some_and(|facts| team.volunteers_for(&facts.release, &facts.target));
    let volunteers = teams.into_iter().filter(|team| team.active && fits(team)).collect();
    let parts = site.store.load_parts(Some(record.ticket)).await?.into_iter().map(|part| part.record).collect();
    let longest_stay = if record.stood == RolloutState::StageRollout {
        let history = site.store.load_history(Some(record.ticket)).await?;
        evidence::longest_stay(&history, RolloutState::StageRollout, site.now())
    } else {
        TimeDelta::zero()
    };
    Ok(Rollout { teams_known, volunteers, parts, longest_stay })
}

async fn snapshot(
    site: &Site,
    ticket: Ticket,
    record: ReleaseRecord,
    asked: RolloutState,
    cause: Cause,
    asked_by: Option<Actor>,
) -> Result<Snapshot, GatherError> {
    let mut snapshot = snapshot_alone(site, ticket, record, asked, cause, asked_by).await?;
    snapshot.set = set::gather(site, &snapshot).await?;
    Ok(snapshot)
}

/// The world without the rest of the release's set.
async fn snapshot_alone(
    site: &Site,
    ticket: Ticket,
    record: ReleaseRecord,
    asked: RolloutState,
    cause: Cause,
    asked_by: Option<Actor>,
) -> Result<Snapshot, GatherError> {
    let keep = if cause == Cause::Preview { Keep::No } else { Keep::Yes };
    let intake = if takes_delivery(&record, asked) { Some(intake::gather(site, &ticket, keep).await?) } else { None };
    let slot_holder = match &record.facts {
        Some(facts) => site.store.slot_holder(&facts.slot, ticket.id).await?,
        None => None,
    };
    let rollout = rollout(site, &record).await?;
    let policy = site.policy().await?;
    let snapshot = Snapshot {
        cause,
        asked,
        asked_by,
        ticket,
        record,
        intake,
        slot_holder,
        set: Vec::new(),
        rollout,
        gate: None,
        policy,
    };
    match gate_before(&snapshot) {
        Some(area) => Ok(Snapshot { gate: gate::answer(site, &snapshot.record, area).await?, ..snapshot }),
        None => Ok(snapshot),
    }
}
