//! What the ticket is told.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_tickets::{TicketError, Written};
use egi_workflow::{Effect, Snapshot, owed};
use tracing::{error, info};

use super::perform::{PerformError, Step, describe};
use crate::site::Site;

/// Performs an effect on the ticket. The others are not this module's.
///
/// A ticket that is gone needs no answer. What the ticket system refuses for good is told in the log and the journal:
/// waiting for it would hold up everything else that is asked of the release.
pub(super) async fn answer(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
    match tell(run, effect).await {
        // Somebody changed the ticket meanwhile: their change has a plan of its own, and is not overwritten.
        Err(PerformError::Ticket(TicketError::Overtaken { found, .. })) => {
            Ok(format!("{}: left alone, the ticket has moved on to {found}", describe(effect)))
        }
        Err(PerformError::Ticket(gone @ (TicketError::Missing { .. } | TicketError::Gone { .. }))) => {
            Ok(format!("{}: nobody is left to be told: {gone}", describe(effect)))
        }
        Err(PerformError::Ticket(refused @ (TicketError::Refused { .. } | TicketError::Forbidden { .. }))) => {
            let why = crate::error_chain(&refused);
            error!(plan.id = %run.plan, ticket.id = run.ticket.get(), "could not {}: {}", describe(effect), crate::one_line(&why));
            Ok(format!("{}: refused by the ticket system: {why}", describe(effect)))
        }
        told => told,
    }
}

/// Tells a ticket at rest what it should say and does not: whoever changed it sees `Pending` until told otherwise.
///
/// What the ticket system refuses stays owed, for [`owed`] to find the next time somebody looks.
pub(super) async fn acknowledge(site: &Site, snapshot: &Snapshot) -> Result<(), TicketError> {
    let (ticket, standing) = (snapshot.ticket.id, snapshot.record.state);
    for effect in owed(&snapshot.ticket, &snapshot.record, &snapshot.policy) {
        match write(site, ticket, standing, &effect).await {
            Ok(_) => info!(ticket.id = ticket.get(), "made up for: {}", describe(&effect)),
            Err(TicketError::Overtaken { .. }) => return Ok(()),
            Err(refused @ (TicketError::Refused { .. } | TicketError::Forbidden { .. })) => {
                let why = crate::error_chain(&refused);
                error!(ticket.id = ticket.get(), "could not {}: {}", describe(&effect), crate::one_line(&why));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn tell(run: &Step<'_>, effect: &Effect) -> Result<String, PerformError> {
    let written = if let Effect::Comment { text } = effect {
        run.site.tickets.ensure_comment(run.ticket, &marker(run), text).await?
    } else {
        write(run.site, run.ticket, run.settles, effect).await?
    };
    let already = match written {
        Written::Changed => "",
        Written::Already => " (it was so already)",
    };
    Ok(format!("{}{already}", describe(effect)))
}

/// Writes to the ticket of a release that stands, or is going to stand, at `standing`.
async fn write(site: &Site, ticket: TicketId, standing: RolloutState, effect: &Effect) -> Result<Written, TicketError> {
    let tickets = &site.tickets;
    match effect {
        Effect::SetProgress { expected, to } => tickets.ensure_progress(ticket, *expected, *to).await,
        Effect::SetField { field, value } => {
            // Where the release can be installed from is so wherever its ticket stands; the answer is to one change.
            let standing = Some(standing).filter(|_| *field == Field::CommunicationStatus);
            tickets.ensure_field(ticket, *field, value, standing).await
        }
        Effect::SetWatchers { groups } => tickets.ensure_watchers(ticket, groups, standing).await,
        Effect::SetStatus { status } => tickets.ensure_status(ticket, *status, standing).await,
        Effect::Comment { .. }
        | Effect::Fetch { .. }
        | Effect::Accept { .. }
        | Effect::Place { .. }
        | Effect::PlaceSet { .. }
        | Effect::Withdraw { .. }
        | Effect::Invite { .. }
        | Effect::EndInvitations
        | Effect::NoteReport { .. }
        | Effect::DropScratch => Ok(Written::Already),
    }
}

/// What a comment is recognised by when it is written again after a crash.
fn marker(run: &Step<'_>) -> String {
    format!("nsrw plan {} step {}", run.plan, run.no)
}
