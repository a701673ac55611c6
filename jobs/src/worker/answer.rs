//! What the ticket is told.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::CommunicationStatus;
use egi_tickets::{TicketError, Written};
use egi_workflow::{Effect, Snapshot};
use tracing::error;

use super::perform::{PerformError, Step, describe};
use crate::site::Site;

/// Performs an effect on the ticket. The others are not this module's.
///
/// A ticket that is gone needs no answer. What the ticket system refuses for good is told in the log and the journal:
/// waiting for it would hold up everything else that is asked of the release.
pub(super) async fn answer(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
    let told = match overtaken(run, effect).await {
        Ok(Some(state)) => return Ok(format!("{}: left to the plan for {state}", describe(effect))),
        Ok(None) => tell(run, effect).await,
        Err(error) => Err(error.into()),
    };
    match told {
        Err(PerformError::Ticket(TicketError::Missing { .. })) => {
            Ok(format!("{}: the ticket is gone", describe(effect)))
        }
        Err(PerformError::Ticket(refused @ (TicketError::Refused { .. } | TicketError::Forbidden { .. }))) => {
            let why = crate::error_chain(&refused);
            error!(plan.id = %run.plan, ticket.id = run.ticket.get(), "could not {}: {}", describe(effect), crate::one_line(&why));
            Ok(format!("{}: refused by the ticket system: {why}", describe(effect)))
        }
        told => told,
    }
}

/// Where the ticket stands, if somebody has moved it on meanwhile: then its groups, status and answer are the matter of
/// that later change's own plan.
async fn overtaken(run: &Step<'_>, effect: &Effect) -> Result<Option<RolloutState>, TicketError> {
    let last_word = match effect {
        Effect::SetWatchers { .. } | Effect::SetStatus { .. } => true,
        Effect::SetField { field, .. } => *field == Field::CommunicationStatus,
        Effect::SetProgress { .. }
        | Effect::Comment { .. }
        | Effect::Fetch { .. }
        | Effect::Accept { .. }
        | Effect::Place { .. }
        | Effect::Withdraw { .. }
        | Effect::DropScratch => false,
    };
    if !last_word {
        return Ok(None);
    }
    let stands = run.site.tickets.fetch_ticket(run.ticket).await?.progress().ok();
    Ok(stands.filter(|stands| *stands != run.settles))
}

/// Answers a change that needs nothing more: the ticket stands where the release does, and whoever changed it sees
/// `Pending` until told otherwise.
pub(super) async fn acknowledge(site: &Site, snapshot: &Snapshot) -> Result<(), TicketError> {
    let ticket = &snapshot.ticket;
    let settled = ticket.progress().is_ok_and(|stands| stands == snapshot.record.state);
    if !settled || ticket.value(Field::CommunicationStatus) != Some(CommunicationStatus::Pending.as_str()) {
        return Ok(());
    }
    let failed = snapshot.record.state == RolloutState::Failed;
    let status = if failed { CommunicationStatus::Error } else { CommunicationStatus::Ok };
    site.tickets.ensure_field(ticket.id, Field::CommunicationStatus, status.as_str()).await.map(drop)
}

async fn tell(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
    let (ticket, tickets) = (run.ticket, &run.site.tickets);
    let written = match effect {
        Effect::SetProgress { expected, to } => match tickets.ensure_progress(ticket, *expected, *to).await {
            // Somebody changed the ticket meanwhile: their change has a notice of its own and is not overwritten.
            Err(TicketError::Overtaken { found, .. }) => {
                return Ok(format!("the ticket has moved on to {found}; left alone"));
            }
            written => written?,
        },
        Effect::SetField { field, value } => tickets.ensure_field(ticket, *field, value).await?,
        Effect::Comment { text } => tickets.ensure_comment(ticket, &marker(run), text).await?,
        Effect::SetWatchers { groups } => tickets.ensure_watchers(ticket, groups).await?,
        Effect::SetStatus { status } => tickets.ensure_status(ticket, *status).await?,
        Effect::Fetch { .. }
        | Effect::Accept { .. }
        | Effect::Place { .. }
        | Effect::Withdraw { .. }
        | Effect::DropScratch => Written::Already,
    };
    let already = match written {
        Written::Changed => "",
        Written::Already => " (it was so already)",
    };
    Ok(format!("{}{already}", describe(effect)))
}

/// What a comment is recognised by when it is written again after a crash.
fn marker(run: &Step<'_>) -> String {
    format!("nsrw plan {} step {}", run.plan, run.no)
}
