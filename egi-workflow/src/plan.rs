//! A decision turned into effects, in order, with no choices left.
//!
//! A state means a wanted content of each area: the release lies in the area of its state and in no other. Every plan
//! that moves a release places it where it belongs, then takes it out of everywhere else; performing a plan twice, or
//! after a crash, ends the same.

mod rollout;

use chrono::{DateTime, Utc};
use egi_model::area::Area;
use egi_model::checksums::Checksums;
use egi_model::content::ContentId;
use egi_model::field::Field;
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::release::{Emergency, ReleaseType};
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_model::sync::SyncSource;
use egi_model::ticket::{CommunicationStatus, TicketId, TicketStatus};
use serde::{Deserialize, Serialize};

use crate::decide::{Decision, emergency_of};
use crate::effect::{ContentRef, Effect, Mode};
use crate::gate;
use crate::message::{self, After, WayOn};
use crate::policy::Policy;
use crate::reason::Reason;
use crate::record::{ReleaseFacts, ReleaseRecord};
use crate::set;
use crate::snapshot::{Cause, Document, Snapshot};
use crate::table;

/// What is going to be done about one request, and what will stand in the books afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The release's ticket.
    pub ticket: TicketId,
    /// Where the release stood.
    pub from: RolloutState,
    /// What was asked for.
    pub asked: RolloutState,
    /// What the ticket says as long as nobody changes it.
    pub ticket_stands: RolloutState,
    /// How it ends when all steps are done.
    pub outcome: Outcome,
    /// Who asked.
    pub by: Option<String>,
    /// Whether it was an emergency.
    pub emergency: Emergency,
    /// Why, for the history.
    pub reasons: Vec<String>,
    /// The effects, in order.
    pub steps: Vec<Effect>,
    /// The record afterwards; `since` and fresh content are filled in when the plan is closed.
    pub settles: ReleaseRecord,
}

/// What is on record of one finished step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLog {
    /// Its place in the plan, from 0.
    pub step: usize,
    /// What was done, for people.
    pub note: String,
    /// The content kept, by [`Effect::Accept`].
    pub content: Option<ContentId>,
}

/// The step that comes next, given those that are done; `None` when the plan is finished.
#[must_use]
pub fn next<'a>(plan: &'a Plan, log: &[StepLog]) -> Option<(usize, &'a Effect)> {
    plan.steps.iter().enumerate().find(|(step, _)| log.iter().all(|done| done.step != *step))
}

impl Plan {
    /// The record once all steps are done.
    #[must_use]
    pub fn settled(&self, log: &[StepLog], at: DateTime<Utc>) -> ReleaseRecord {
        let mut record = self.settles.clone();
        if record.state != self.from {
            record.since = at;
        }
        if let (Some(facts), Some(kept)) = (record.facts.as_mut(), log.iter().find_map(|step| step.content)) {
            facts.content = Some(kept);
        }
        record
    }

    /// The history's entry once all steps are done.
    #[must_use]
    pub fn entry(&self, at: DateTime<Utc>) -> HistoryEntry {
        let facts = self.settles.facts.as_ref();
        HistoryEntry {
            ticket: self.ticket,
            at,
            from: self.from,
            asked: self.asked,
            to: self.settles.state,
            outcome: self.outcome,
            by: self.by.clone(),
            reasons: self.reasons.clone(),
            emergency: self.emergency,
            provider: facts.map(|f| f.release.provider.name.clone()),
            release: facts.map(ReleaseFacts::title),
            imported: None,
        }
    }
}

/// The plan for a decision; `None` when there is nothing to do.
#[must_use]
pub fn plan(snapshot: &Snapshot, decision: &Decision) -> Option<Plan> {
    match decision {
        Decision::Unchanged(_) | Decision::Await { .. } => None,
        Decision::Refuse(reasons) => Some(plan_refusal(snapshot, reasons)),
        Decision::Defer { holder } => Some(plan_deferral(snapshot, *holder)),
        Decision::Proceed { facts, overridden } => Some(plan_move(snapshot, facts.as_deref(), overridden)),
    }
}

/// A plan without steps: the frame all plans share.
fn frame(snapshot: &Snapshot, outcome: Outcome, settles: ReleaseRecord) -> Plan {
    Plan {
        ticket: snapshot.ticket.id,
        from: snapshot.record.state,
        asked: snapshot.asked,
        ticket_stands: expected(snapshot),
        outcome,
        by: snapshot.asked_by.as_ref().map(|actor| actor.name.clone()),
        emergency: emergency_of(snapshot),
        reasons: Vec::new(),
        steps: Vec::new(),
        settles,
    }
}

fn stands(snapshot: &Snapshot) -> RolloutState {
    snapshot.ticket.progress().unwrap_or(snapshot.asked)
}

/// What the ticket says as long as nobody changes it: what was asked for; before a wake, where the release waits. A
/// ticket that says something else has gone on, and its change has a notice of its own.
fn expected(snapshot: &Snapshot) -> RolloutState {
    match snapshot.cause {
        Cause::Wake => snapshot.record.state,
        Cause::Notice { .. } | Cause::Preview => snapshot.asked,
    }
}

fn settled_in(record: &ReleaseRecord, state: RolloutState) -> ReleaseRecord {
    ReleaseRecord { state, stood: state, attempted: None, ..record.clone() }
}

fn failed_record(record: &ReleaseRecord, attempted: RolloutState) -> ReleaseRecord {
    ReleaseRecord { state: RolloutState::Failed, attempted: Some(attempted), ..record.clone() }
}

fn plan_refusal(snapshot: &Snapshot, reasons: &[Reason]) -> Plan {
    let record = &snapshot.record;
    let alone = reasons.iter().all(Reason::leaves_ticket_alone);
    // A terminal state is closed: the ticket goes back to it. Everything else waits in Failed for a person.
    // Refused while failed, what was attempted first is still what can be tried again.
    // Where evidence is lacking nothing failed: the release waits for it where it is.
    let waits = reasons.iter().all(Reason::is_lack_of_evidence);
    let stays = alone || waits || record.state.is_terminal() || record.state == RolloutState::Failed;
    let settles = if stays { record.clone() } else { failed_record(record, snapshot.asked) };
    let outcome = if alone { Outcome::Disregarded } else { Outcome::Refused };
    let mut plan = frame(snapshot, outcome, settles);
    plan.reasons = reasons.iter().map(|r| format!("{}: {r}", r.code())).collect();
    let after = after_refusal(snapshot, reasons, &plan.settles);
    plan.steps.push(Effect::Comment { text: message::refused(record.state, snapshot.asked, reasons, after) });
    if !alone {
        plan.steps.extend(answer_error(snapshot, plan.settles.state));
    }
    plan
}

fn after_refusal<'a>(snapshot: &'a Snapshot, reasons: &[Reason], settles: &ReleaseRecord) -> After<'a> {
    // A reason that names the ways on needs no sentence that names them again.
    let told = reasons.iter().any(|reason| matches!(reason, Reason::NotAttempted { .. }));
    let mend = reasons.iter().any(|reason| !matches!(reason, Reason::RoleMissing { .. }));
    if told || reasons.iter().all(Reason::leaves_ticket_alone) {
        After::Unchanged
    } else if settles.state == RolloutState::Failed {
        After::Failed(WayOn { mend, ..way_on(settles, &snapshot.policy) })
    } else {
        After::PutBack(settles.state)
    }
}

/// What was attempted can be tried again if it is a step that people may ask for.
fn way_on<'a>(settles: &ReleaseRecord, policy: &'a Policy) -> WayOn<'a> {
    let people_may = |to: &RolloutState| {
        table::find(settles.stood, *to).is_some_and(|row| row.who.iter().any(|role| *role != Role::Repository))
    };
    let again = settles.attempted.filter(people_may);
    WayOn { stood: settles.stood, again, anew: false, mend: true, retry: &policy.retry }
}

fn answer_error(snapshot: &Snapshot, to: RolloutState) -> Vec<Effect> {
    vec![
        Effect::SetProgress { expected: expected(snapshot), to },
        Effect::SetWatchers { groups: snapshot.policy.notify.groups(RolloutState::Failed) },
        communication(CommunicationStatus::Error),
    ]
}

fn communication(status: CommunicationStatus) -> Effect {
    Effect::SetField { field: Field::CommunicationStatus, value: status.as_str().to_owned() }
}

fn plan_deferral(snapshot: &Snapshot, holder: TicketId) -> Plan {
    let state = RolloutState::Deferred;
    let mut plan = frame(snapshot, Outcome::Deferred, settled_in(&snapshot.record, state));
    plan.reasons = vec![format!("ticket {holder} holds the slot")];
    if let Some(facts) = &snapshot.record.facts {
        plan.steps.extend(converge(snapshot, facts, state));
        plan.steps.push(Effect::Comment { text: message::deferred(facts, holder) });
    }
    plan.steps.push(Effect::SetProgress { expected: expected(snapshot), to: state });
    plan.steps.push(Effect::SetWatchers { groups: snapshot.policy.notify.groups(state) });
    plan.steps.push(communication(CommunicationStatus::Ok));
    plan
}

fn plan_move(snapshot: &Snapshot, fresh: Option<&ReleaseFacts>, overridden: &[Reason]) -> Plan {
    let mut settles = settled_in(&snapshot.record, snapshot.asked);
    let mut steps = Vec::new();
    if let Some(facts) = fresh {
        settles.facts = Some(facts.clone());
        steps.extend(take_in(snapshot, facts));
    }
    if let Some(facts) = &settles.facts {
        steps.extend(converge(snapshot, facts, snapshot.asked));
    }
    if fresh.is_some() || snapshot.asked.is_terminal() || snapshot.asked == RolloutState::Submitted {
        steps.push(Effect::DropScratch);
    }
    steps.extend(rollout::steps(snapshot, settles.facts.as_ref()));
    steps.extend(answer(snapshot, settles.facts.as_ref(), fresh.is_some()));
    if snapshot.asked == RolloutState::Submitted {
        settles.facts = None;
    }
    let mut plan = frame(snapshot, Outcome::Performed, settles);
    plan.reasons = rollout::told_of_override(snapshot, overridden);
    plan.reasons.extend(gate::used_waivers(snapshot));
    plan.steps = steps;
    plan
}

fn take_in(snapshot: &Snapshot, facts: &ReleaseFacts) -> Vec<Effect> {
    let value = |field| snapshot.ticket.value(field).unwrap_or_default();
    let source = SyncSource::parse(value(Field::SyncProtocol), value(Field::SyncUrl));
    let (checksums, release_xml) = (facts.checksums, facts.release_xml);
    source
        .into_iter()
        .flat_map(|source| {
            [
                Effect::Fetch { source, checksums },
                Effect::Accept { checksums, release_xml, target: facts.target.clone() },
            ]
        })
        .collect()
}

/// Places the release where `state` wants it and takes it out of every other area.
fn converge(snapshot: &Snapshot, facts: &ReleaseFacts, state: RolloutState) -> Vec<Effect> {
    let wanted = snapshot.policy.area_of(state);
    let unmoved =
        snapshot.record.state != RolloutState::Failed && snapshot.policy.area_of(snapshot.record.state) == wanted;
    if unmoved && !snapshot.takes_delivery() {
        return Vec::new();
    }
    let place = wanted.and_then(|area| set::place(snapshot, facts, area).or_else(|| place(facts, area)));
    let others = Area::ALL.into_iter().filter(|area| Some(*area) != wanted).filter_map(|area| facts.repo(area).ok());
    place.into_iter().chain(others.map(|repo| Effect::Withdraw { repo })).collect()
}

fn place(facts: &ReleaseFacts, area: Area) -> Option<Effect> {
    Some(Effect::Place {
        repo: facts.repo(area).ok()?,
        content: facts.content.map_or(ContentRef::Fresh, ContentRef::Kept),
        product: facts.product(),
        target: facts.target.clone(),
        mode: mode(area, facts.release_type),
    })
}

/// How a release joins a repository of `area`: in staged rollout an emergency may stand beside the release that holds
/// the slot; in production only a `NonIncremental` release replaces.
#[must_use]
pub const fn mode(area: Area, release_type: ReleaseType) -> Mode {
    match (area, release_type) {
        (Area::Unverified, _) | (Area::Production, ReleaseType::NonIncremental) => Mode::Replace,
        (Area::StageRollout, _) | (Area::Production, ReleaseType::Incremental) => Mode::Add,
    }
}

/// What the ticket is told. `RepositoryURL` comes before `CommunicationStatus`, whose `OK` tells the groups.
fn answer(snapshot: &Snapshot, facts: Option<&ReleaseFacts>, taken_in: bool) -> Vec<Effect> {
    let state = snapshot.asked;
    let area = snapshot.policy.area_of(state);
    let repo = area.zip(facts).and_then(|(area, facts)| facts.repo(area).ok());
    let url = repo.as_ref().map(|repo| snapshot.policy.url_of(repo)).unwrap_or_default();
    let moved = snapshot.policy.area_of(snapshot.record.state) != area || snapshot.record.state == RolloutState::Failed;
    let mut steps = Vec::new();
    if snapshot.cause == Cause::Wake {
        steps.push(Effect::SetProgress { expected: expected(snapshot), to: state });
    }
    if moved {
        steps.push(Effect::SetField { field: Field::RepositoryUrl, value: url.clone() });
    }
    let text = comment(snapshot, facts, taken_in, moved, &url);
    steps.extend(text.map(|text| Effect::Comment { text }));
    if stands(snapshot) != state && snapshot.cause != Cause::Wake && snapshot.cause != Cause::Preview {
        // The ticket has gone on to a later state; that state's own plan answers.
        return steps;
    }
    steps.push(Effect::SetWatchers { groups: snapshot.policy.notify.groups(state) });
    steps.push(communication(CommunicationStatus::Ok));
    if state.is_terminal() {
        steps.push(Effect::SetStatus { status: TicketStatus::Resolved });
    }
    steps
}

fn comment(
    snapshot: &Snapshot,
    facts: Option<&ReleaseFacts>,
    taken_in: bool,
    moved: bool,
    url: &str,
) -> Option<String> {
    let (state, record) = (snapshot.asked, &snapshot.record);
    match facts {
        _ if state == RolloutState::Submitted => Some(message::restarted()),
        Some(facts) if taken_in => {
            let (files, bytes) = listed(snapshot);
            Some(message::taken_in(facts, url, files, bytes))
        }
        _ if record.state == RolloutState::Failed && state == record.stood => Some(message::restored(state)),
        Some(facts) if moved && !url.is_empty() => {
            let gate = snapshot.gate.as_ref().and_then(|answer| message::gate(&answer.report));
            let placed = message::placed(facts, state, url);
            Some(gate.map_or(placed.clone(), |gate| format!("{placed}\n\n{gate}")))
        }
        _ if state.is_terminal() => {
            let title = facts.map_or_else(|| snapshot.ticket.subject.clone(), ReleaseFacts::title);
            Some(message::cleaned_up(state, &title))
        }
        _ => None,
    }
}

/// How many files and bytes checksums.xml lists.
fn listed(snapshot: &Snapshot) -> (usize, u64) {
    let Some(Document::Read { value: Checksums { files }, .. }) = snapshot.intake.as_ref().map(|i| &i.checksums) else {
        return (0, 0);
    };
    (files.len(), files.iter().filter_map(|f| f.size).sum())
}

/// The plan after a step failed for good: drop the scratch, say why, set `Failed`.
///
/// `step` completes "failed to …", `cause` is the error with what to do about it.
#[must_use]
pub fn plan_failure(failed: &Plan, before: &ReleaseRecord, policy: &Policy, step: &str, cause: &str) -> Plan {
    let attempted = if failed.outcome == Outcome::Deferred { RolloutState::StageRollout } else { failed.asked };
    let settles = failed_record(before, attempted);
    let way = WayOn { anew: true, ..way_on(&settles, policy) };
    Plan {
        outcome: Outcome::Failed,
        reasons: vec![format!("failed to {step}: {cause}")],
        steps: vec![
            Effect::DropScratch,
            Effect::Comment { text: message::failed(attempted, step, cause, &way) },
            Effect::SetProgress { expected: failed.ticket_stands, to: RolloutState::Failed },
            Effect::SetWatchers { groups: policy.notify.groups(RolloutState::Failed) },
            communication(CommunicationStatus::Error),
        ],
        settles,
        ..failed.clone()
    }
}
