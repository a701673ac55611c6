//! What the ticket is told.

use egi_tickets::{TicketError, Written};
use egi_workflow::Effect;

use super::perform::{PerformError, Step, describe};

/// Performs an effect on the ticket. The others are not this module's.
pub(super) async fn answer(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
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
