//! What tickets say, beside what is on record.

use std::collections::BTreeSet;

use egi_model::ticket::{Ticket, TicketId};
use egi_tickets::{Query, TicketError};
use egi_workflow::{Policy, ReleaseRecord, owed};

use super::{Difference, Kind, Mend};
use crate::site::Site;
use crate::worker;

/// Tickets that can not be used, that the database does not know, that stand elsewhere although nothing is under way, or
/// that were never told what they should say; and releases whose ticket is gone.
pub(super) async fn compare(site: &Site, under_way: &BTreeSet<TicketId>) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.search(&Query::default()).await?;
    let mut differences: Vec<Difference> = found.unreadable.iter().map(unusable).collect();
    let policy = site.policy().await?;
    for ticket in &found.items {
        match site.store.load_release(ticket.id).await? {
            None => differences.push(Difference {
                kind: Kind::Unknown,
                ticket: Some(ticket.id),
                what: "it is not on record".to_owned(),
                mend: Mend::Register(Box::new(ticket.clone())),
            }),
            Some(_) if under_way.contains(&ticket.id) => {}
            Some(record) => differences.extend(compare_ticket(ticket, &record, &policy)),
        }
    }
    let seen: BTreeSet<TicketId> = found.items.iter().map(|ticket| ticket.id).collect();
    differences.extend(find_gone(site, &seen).await?);
    Ok(differences)
}

fn compare_ticket(ticket: &Ticket, record: &ReleaseRecord, policy: &Policy) -> Vec<Difference> {
    let difference = |kind, what| Difference { kind, ticket: Some(ticket.id), what, mend: Mend::LookAgain(ticket.id) };
    let stands = ticket.progress().map_err(|e| e.to_string());
    if stands.as_ref() != Ok(&record.state) {
        let said = stands.map_or_else(|e| e, |s| s.to_string());
        return vec![difference(Kind::Elsewhere, format!("it says {said}, on record is {}", record.state))];
    }
    let owed = owed(ticket, record, policy);
    let untold = |effect| difference(Kind::Untold, format!("it was not told: {}", worker::describe(effect)));
    owed.iter().map(untold).collect()
}

/// Releases whose ticket was not among those of the queue.
async fn find_gone(site: &Site, seen: &BTreeSet<TicketId>) -> anyhow::Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for record in site.store.load_releases().await?.into_iter().filter(|record| !seen.contains(&record.ticket)) {
        match site.tickets.fetch_ticket(record.ticket).await {
            Ok(_) => {}
            Err(gone @ (TicketError::Missing { .. } | TicketError::Gone { .. } | TicketError::Forbidden { .. })) => {
                let what = format!("its release stands in {}, but {}", record.state, crate::error_chain(&gone));
                let ticket = Some(record.ticket);
                differences.push(Difference { kind: Kind::Gone, ticket, what, mend: Mend::Person });
            }
            // It was told among those that can not be used.
            Err(TicketError::Malformed { .. } | TicketError::Corrupt { .. }) => {}
            Err(trouble) => return Err(trouble.into()),
        }
    }
    Ok(differences)
}

fn unusable(trouble: &TicketError) -> Difference {
    Difference { kind: Kind::Unusable, ticket: None, what: crate::error_chain(trouble), mend: Mend::Person }
}
