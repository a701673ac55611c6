//! One request, one verdict.

use egi_model::area::Area;
use egi_model::field::{FIELDS, Field, FieldSpec, NullRule};
use egi_model::release::{Emergency, ReleaseType};
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use egi_model::sync::SyncSource;
use egi_model::ticket::{TicketId, TicketStatus};

use crate::evidence;
use crate::gate;
use crate::policy::EmergencyRoute;
use crate::reason::Reason;
use crate::record::ReleaseFacts;
use crate::set;
use crate::snapshot::{Cause, Document, Intake, Snapshot};
use crate::table::{self, Condition, Transition};

/// What is to be done about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Do it.
    Proceed {
        /// What intake learned, when the delivery is taken in.
        facts: Option<Box<ReleaseFacts>>,
        /// The evidence that is lacking, and that a release manager does without.
        overridden: Vec<Reason>,
    },
    /// The slot is taken: wait.
    Defer {
        /// The ticket that holds it.
        holder: TicketId,
    },
    /// The rest of its set is not asked for yet, or can not go: wait.
    Await {
        /// The tickets that are waited for.
        members: Vec<TicketId>,
    },
    /// Nothing to do.
    Unchanged(Standing),
    /// It is against the rules, for all of these reasons.
    Refuse(Vec<Reason>),
}

/// Why there is nothing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The release already stands where it is asked to: a repeat, or the echo of the repository's own write.
    AlreadyThere,
    /// The ticket has moved on since; what it says now has a notice of its own.
    Overtaken,
    /// The slot is taken again: the deferred release goes on waiting.
    StillDeferred,
}

/// Decides about one request. Total: every snapshot has a decision.
#[must_use]
pub fn decide(snapshot: &Snapshot) -> Decision {
    if snapshot.asked == snapshot.record.state {
        return Decision::Unchanged(Standing::AlreadyThere);
    }
    match check_ticket_agrees(snapshot) {
        Agreement::Agrees => {}
        Agreement::MovedOn => return Decision::Unchanged(Standing::Overtaken),
        Agreement::No(reason) => return Decision::Refuse(vec![reason]),
    }
    let row = match find_row(snapshot) {
        Ok(row) => row,
        Err(reasons) => return Decision::Refuse(reasons),
    };
    let mut reasons: Vec<Reason> = check_asker(snapshot, row).into_iter().collect();
    reasons.extend(check_emergency(snapshot, row));
    reasons.extend(check_status(snapshot));
    reasons.extend(check_filled(snapshot, row.from));
    let facts = check_delivery(snapshot, &mut reasons);
    let mut overridden = check_evidence(snapshot);
    if snapshot.ticket.value(Field::RolloutOverride).is_none() {
        reasons.append(&mut overridden);
    }
    if !reasons.is_empty() {
        return Decision::Refuse(reasons);
    }
    match snapshot.slot_holder {
        Some(_) if needs_slot(snapshot, row) && snapshot.cause == Cause::Wake => {
            Decision::Unchanged(Standing::StillDeferred)
        }
        Some(holder) if needs_slot(snapshot, row) => Decision::Defer { holder },
        _ => match (gate::check_gate(snapshot), set::awaited(snapshot).as_slice()) {
            (reasons, _) if !reasons.is_empty() => Decision::Refuse(reasons),
            (_, []) => Decision::Proceed { facts, overridden },
            (_, awaited) => Decision::Await { members: set::tickets(awaited) },
        },
    }
}

/// Whether the ticket says what the request says.
enum Agreement {
    Agrees,
    MovedOn,
    No(Reason),
}

fn check_ticket_agrees(snapshot: &Snapshot) -> Agreement {
    let stands = match snapshot.ticket.progress() {
        Ok(state) => state,
        Err(unknown) => return Agreement::No(Reason::ProgressUnreadable(unknown.given)),
    };
    match &snapshot.cause {
        Cause::Preview => Agreement::Agrees,
        Cause::Wake if stands == snapshot.record.state => Agreement::Agrees,
        Cause::Wake => Agreement::MovedOn,
        Cause::Notice { .. } if stands == snapshot.asked => Agreement::Agrees,
        Cause::Notice { previous, in_history: false } => {
            Agreement::No(Reason::Disagrees { notice: (*previous, snapshot.asked), ticket: stands })
        }
        // There and back again before anybody looked: what the ticket says now is what is so.
        Cause::Notice { in_history: true, .. } if stands == snapshot.record.state && !is_swing(snapshot) => {
            Agreement::MovedOn
        }
        // A step the ticket made before its present one: still to be done when it is the next in line.
        Cause::Notice { previous, in_history: true } if *previous == snapshot.record.state => Agreement::Agrees,
        Cause::Notice { .. } => Agreement::MovedOn,
    }
}

/// Whether the request is a swing between verification and waiting for the provider. Every one is to be recorded and
/// measured (specification), also those that were over before anybody looked.
fn is_swing(snapshot: &Snapshot) -> bool {
    let swing = [RolloutState::InVerification, RolloutState::WaitingForResponse];
    swing.contains(&snapshot.record.state) && swing.contains(&snapshot.asked)
}

/// The row that governs the request. Resuming after a failure is governed by the row of what was attempted.
fn find_row(snapshot: &Snapshot) -> Result<&'static Transition, Vec<Reason>> {
    let (record, asked) = (&snapshot.record, snapshot.asked);
    let Some(row) = table::find(record.state, asked) else {
        let allowed = table::leaving(record.state)
            .filter(|t| t.who.iter().any(|role| *role != Role::Repository))
            .map(|t| t.to)
            .collect();
        return Err(vec![Reason::NotAllowed { from: record.state, to: asked, allowed }]);
    };
    if row.when != Condition::Resume || asked == record.stood {
        return Ok(row);
    }
    // What was refused because the table has no such row can not be tried again either.
    let attempted = record.attempted.filter(|attempted| table::find(record.stood, *attempted).is_some());
    table::find(record.stood, asked)
        .filter(|_| attempted == Some(asked))
        .ok_or_else(|| vec![Reason::NotAttempted { stood: record.stood, attempted }])
}

fn check_asker(snapshot: &Snapshot, row: &Transition) -> Option<Reason> {
    let resuming = snapshot.record.state == RolloutState::Failed && table_says_resume(snapshot);
    let needed = if resuming { snapshot.policy.retry.as_slice() } else { row.who };
    match &snapshot.asked_by {
        _ if snapshot.cause == Cause::Wake => None,
        _ if needed == [Role::Repository] => Some(Reason::RepositoryOnly { state: snapshot.asked }),
        Some(actor) if !actor.holds_any(needed) => {
            Some(Reason::RoleMissing { actor: actor.name.clone(), needed: needed.to_vec() })
        }
        Some(_) | None => None,
    }
}

fn table_says_resume(snapshot: &Snapshot) -> bool {
    table::find(snapshot.record.state, snapshot.asked).is_some_and(|row| row.when == Condition::Resume)
}

fn check_emergency(snapshot: &Snapshot, row: &Transition) -> Option<Reason> {
    if row.when != Condition::Emergency {
        return None;
    }
    let fast = snapshot.policy.emergency == EmergencyRoute::FastRollout;
    match emergency_of(snapshot) {
        Emergency::No => Some(Reason::NoEmergency),
        Emergency::Yes if fast && snapshot.asked == RolloutState::Production => Some(Reason::FastRollout),
        Emergency::Yes => None,
    }
}

/// The ticket's own field decides; what can not be read is no emergency.
#[must_use]
pub fn emergency_of(snapshot: &Snapshot) -> Emergency {
    let value = snapshot.ticket.value(Field::EmergencyRelease);
    value.and_then(|v| v.parse().ok()).unwrap_or(Emergency::No)
}

fn check_status(snapshot: &Snapshot) -> Option<Reason> {
    let status = snapshot.ticket.status;
    matches!(status, TicketStatus::Rejected | TicketStatus::Deleted).then_some(Reason::TicketClosed(status))
}

/// What early adopters have not shown, of a release that is to leave staged rollout for production.
fn check_evidence(snapshot: &Snapshot) -> Vec<Reason> {
    let accepting = snapshot.record.stood == RolloutState::StageRollout && snapshot.asked == RolloutState::Production;
    if accepting { evidence::lacking(snapshot.policy.evidence, &snapshot.rollout) } else { Vec::new() }
}

/// The reports that must be linked before a phase is passed.
fn check_filled(snapshot: &Snapshot, from: RolloutState) -> Vec<Reason> {
    let needed = |spec: &FieldSpec| match spec.null {
        NullRule::FilledBefore { from: phase, to } => phase.contains(&from) && to.contains(&snapshot.asked),
        NullRule::Never | NullRule::Allowed => false,
    };
    FIELDS.iter().filter(|spec| needed(spec)).filter_map(|spec| check_value(snapshot, spec)).collect()
}

fn check_value(snapshot: &Snapshot, spec: &FieldSpec) -> Option<Reason> {
    match snapshot.ticket.value(spec.field) {
        None => Some(Reason::FieldMissing(spec.field)),
        Some(value) => spec.check(value).err().map(|e| Reason::FieldWrong { field: spec.field, why: e.to_string() }),
    }
}

/// Whether the request is one to enter staged rollout and wait for its turn. An emergency is not held up, if somebody
/// with the say over emergencies asks: the flag alone is the provider's.
fn needs_slot(snapshot: &Snapshot, row: &Transition) -> bool {
    let into_rollout = snapshot.policy.area_of(snapshot.asked) == Some(Area::StageRollout);
    let manager = snapshot.asked_by.as_ref().is_some_and(|actor| actor.holds_any(&[Role::ReleaseManager]));
    let urgent = emergency_of(snapshot) == Emergency::Yes && (manager || row.when == Condition::Emergency);
    into_rollout && !snapshot.record.holds_slot() && !urgent
}

/// What is known of the delivery, or why it can not be taken in.
fn check_delivery(snapshot: &Snapshot, reasons: &mut Vec<Reason>) -> Option<Box<ReleaseFacts>> {
    if !snapshot.takes_delivery() {
        let delivered = snapshot.record.facts.as_ref().is_some_and(|facts| facts.content.is_some());
        if snapshot.policy.area_of(snapshot.asked).is_some() && !delivered {
            reasons.push(Reason::NothingDelivered);
        }
        reasons.extend(check_unchanged(snapshot));
        return None;
    }
    let mandatory = FIELDS.iter().filter(|spec| spec.null == NullRule::Never && !spec.field.is_file());
    reasons.extend(mandatory.filter_map(|spec| check_value(snapshot, spec)));
    reasons.extend(check_source(snapshot));
    match &snapshot.intake {
        Some(intake) => read_intake(snapshot, intake, reasons).map(Box::new),
        None => {
            reasons.push(Reason::DocumentMissing(Field::ReleaseMetadata));
            None
        }
    }
}

/// What intake was decided on must still be so when the release moves to another area.
fn check_unchanged(snapshot: &Snapshot) -> Vec<Reason> {
    let moving = snapshot.policy.area_of(snapshot.asked).is_some();
    let Some(facts) = snapshot.record.facts.as_ref().filter(|_| moving) else { return Vec::new() };
    let taken_in =
        [(Field::AssociatedMajorRelease, facts.major.id.as_str()), (Field::ReleaseType, facts.release_type.as_str())];
    let changed = |(field, was): (Field, &str)| {
        let now = snapshot.ticket.value(field).unwrap_or_default();
        let same = now.eq_ignore_ascii_case(was);
        (!same).then(|| Reason::FieldChanged { field, was: was.to_owned(), now: now.to_owned() })
    };
    taken_in.into_iter().filter_map(changed).collect()
}

fn check_source(snapshot: &Snapshot) -> Option<Reason> {
    let protocol = snapshot.ticket.value(Field::SyncProtocol)?;
    let url = snapshot.ticket.value(Field::SyncUrl)?;
    let error = SyncSource::parse(protocol, url).err()?;
    Some(Reason::FieldWrong { field: Field::SyncUrl, why: error.to_string() })
}

fn read_intake(snapshot: &Snapshot, intake: &Intake, reasons: &mut Vec<Reason>) -> Option<ReleaseFacts> {
    let parsed = read_document(Field::ReleaseMetadata, &intake.release_xml, reasons);
    let listed = read_document(Field::Checksums, &intake.checksums, reasons);
    reasons.extend(intake.same_release.map(Reason::SameRelease));
    let named = snapshot.ticket.value(Field::AssociatedMajorRelease)?;
    let Some(major) = intake.major.clone() else {
        reasons.push(Reason::MajorUnknown { given: named.to_owned(), known: intake.known_majors.clone() });
        return None;
    };
    let ((release_xml, parsed), (checksums, _)) = (parsed?, listed?);
    let release = parsed.release.clone();
    let target = match release.targets.as_slice() {
        [] => major.targets.first().filter(|_| major.targets.len() == 1).cloned(),
        [only] => Some(only.clone()),
        _ => None,
    };
    let Some(target) = target else {
        reasons.push(Reason::TargetUnclear { named: release.targets });
        return None;
    };
    if !major.supports(&target) {
        reasons.push(Reason::TargetUnsupported { target: target.clone(), supported: major.targets.clone() });
    }
    let release_type =
        snapshot.ticket.value(Field::ReleaseType).and_then(|v| v.parse().ok()).unwrap_or(ReleaseType::NonIncremental);
    let slot = snapshot.policy.slot(&major.id, &release);
    let facts = ReleaseFacts { major, release, target, release_type, release_xml, checksums, content: None, slot };
    let unusable = Area::ALL.into_iter().find_map(|area| facts.repo(area).err());
    reasons.extend(unusable.map(|e| Reason::PathUnusable(e.to_string())));
    Some(facts)
}

fn read_document<'a, T>(
    field: Field,
    document: &'a Document<T>,
    reasons: &mut Vec<Reason>,
) -> Option<(egi_model::digest::Sha256, &'a T)> {
    match document {
        Document::Missing => reasons.push(Reason::DocumentMissing(field)),
        Document::Unreadable { why } => reasons.push(Reason::DocumentUnreadable { field, why: why.clone() }),
        Document::TooLarge { limit } => reasons.push(Reason::DocumentTooLarge { field, limit: *limit }),
        Document::Faulty(problems) => {
            reasons.push(Reason::DocumentFaulty { field, problems: problems.clone() });
        }
        Document::Read { sha256, value } => return Some((*sha256, value)),
    }
    None
}
