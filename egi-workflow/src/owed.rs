//! What a ticket at rest should say and does not: an answer that never reached it, or that the ticket system refused.
//!
//! It is told from where the release stands, not from what was written once, so nothing has to be remembered.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{CommunicationStatus, Ticket, TicketStatus};

use crate::effect::Effect;
use crate::policy::Policy;
use crate::record::ReleaseRecord;

/// The effects that bring the ticket to say what is on record of its release. None while it stands elsewhere: then its
/// own change is still to be answered, and none for a release that nothing was asked of yet.
#[must_use]
pub fn owed(ticket: &Ticket, record: &ReleaseRecord, policy: &Policy) -> Vec<Effect> {
    if ticket.progress() != Ok(record.state) || record.state == RolloutState::Submitted {
        return Vec::new();
    }
    [place(ticket, record, policy), answer(ticket, record), status(ticket, record)].into_iter().flatten().collect()
}

/// Where it can be installed from. What was never taken in lies nowhere, and a failed release where it lay before.
fn place(ticket: &Ticket, record: &ReleaseRecord, policy: &Policy) -> Option<Effect> {
    let facts = record.facts.as_ref().filter(|_| record.state != RolloutState::Failed)?;
    let repo = policy.area_of(record.state).and_then(|area| facts.repo(area).ok());
    let url = repo.map(|repo| policy.url_of(&repo)).unwrap_or_default();
    let field = Field::RepositoryUrl;
    (ticket.value(field).unwrap_or_default() != url).then_some(Effect::SetField { field, value: url })
}

fn answer(ticket: &Ticket, record: &ReleaseRecord) -> Option<Effect> {
    let field = Field::CommunicationStatus;
    let failed = record.state == RolloutState::Failed;
    let answer = if failed { CommunicationStatus::Error } else { CommunicationStatus::Ok };
    let waits = ticket.value(field) == Some(CommunicationStatus::Pending.as_str());
    waits.then(|| Effect::SetField { field, value: answer.as_str().to_owned() })
}

fn status(ticket: &Ticket, record: &ReleaseRecord) -> Option<Effect> {
    let unresolved = matches!(ticket.status, TicketStatus::New | TicketStatus::Open);
    (record.state.is_terminal() && unresolved).then_some(Effect::SetStatus { status: TicketStatus::Resolved })
}
