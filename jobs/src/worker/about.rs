//! What people are told of a release, from what is on record of it.

use egi_model::release::Emergency;
use egi_model::ticket::TicketId;
use egi_repo::tree::About;
use egi_workflow::ReleaseFacts;

use crate::config::{Config, TicketSystemKind};

/// What is told of the release of `ticket`. Whether it is an emergency is decided in the ticket.
pub(crate) fn about(config: &Config, ticket: TicketId, facts: &ReleaseFacts, emergency: Emergency) -> About {
    let release = &facts.release;
    let ticket_url = match config.tickets.system {
        TicketSystemKind::Desk => None,
        TicketSystemKind::Rt => {
            Some(format!("{}/Ticket/Display.html?id={ticket}", config.rt.url.trim_end_matches('/')))
        }
    };
    About {
        major: facts.major.id.clone(),
        major_title: facts.major.title.clone(),
        short_name: release.short_name.clone(),
        product: release.product.clone(),
        version: release.version.clone(),
        released: release.date,
        provider: release.provider.name.clone(),
        description: release.description.clone(),
        release_type: facts.release_type,
        emergency,
        documentation: release.documentation.clone(),
        notes: release.release_notes.clone(),
        changes: release.change_log.clone(),
        ticket_url,
    }
}
