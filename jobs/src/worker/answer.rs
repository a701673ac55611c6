//! What the ticket is told.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_tickets::{TicketError, Written};
use egi_workflow::{Effect, Snapshot};

use super::perform::{PerformError, Step, describe};
use crate::site::Site;

/// Performs an effect on the ticket. The others are not this module's. A ticket that is gone needs no answer.
pub(super) async fn answer(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
    match tell(run, effect).await {
        Err(PerformError::Ticket(TicketError::Missing { .. })) => {
            Ok(format!("{}: the ticket is gone", describe(effect)))
        }
        told => told,
    }
}

/// Answers a change that needs nothing more: the ticket stands where the release does, and whoever changed it sees
/// `Pending` until told otherwise.
pub(super) async fn acknowledge(site: &Site, snapshot: &Snapshot) -> Result<(), TicketError> {
    let ticket = &snapshot.ticket;
    let settled = ticket.progress().is_ok_and(|stands| stands == snapshot.record.state);
    if !settled || ticket.value(Field::CommunicationStatus) != Some("Pending") {
        return Ok(());
    }
    let value = if snapshot.record.state == RolloutState::Failed { "Error" } else { "OK" };
    site.tickets.ensure_field(ticket.id, Field::CommunicationStatus, value).await.map(drop)
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
