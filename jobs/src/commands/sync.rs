//! `nsrw sync`: tickets, database and repository tree compared. Without `--apply` it only says what differs.

pub(super) mod catch_up;
mod tree;

use std::collections::BTreeSet;

use egi_model::ticket::{Ticket, TicketId};
use egi_tickets::{Query, TicketError};
use egi_workflow::{Policy, ReleaseRecord, owed};
use serde::Serialize;

use crate::cli::SyncArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker;

/// One difference, with what `--apply` does about it.
#[derive(Debug, Serialize)]
struct Difference {
    ticket: Option<TicketId>,
    what: String,
    /// What was or would be done; `None` when a person has to.
    mended_by: Option<String>,
}

impl Difference {
    fn mended(ticket: TicketId, what: String, by: &str) -> Self {
        Self { ticket: Some(ticket), what, mended_by: Some(by.to_owned()) }
    }
}

pub(super) async fn run(site: &Site, args: &SyncArgs) -> anyhow::Result<Exit> {
    let under_way = under_way(site).await?;
    let mut differences = compare_notices(site, args.apply).await?;
    differences.extend(compare_tickets(site, &under_way, args.apply).await?);
    differences.extend(tree::compare(site, &under_way, args.apply).await?);
    let mended = differences.iter().filter(|difference| difference.mended_by.is_some()).count();
    if args.apply && mended > 0 {
        super::note(site, &args.hand, format!("sync: {mended} of {} differences mended", differences.len())).await?;
    }
    if args.apply {
        catch_up::look_at_teams(site).await?;
    }
    if args.json {
        output::json(&differences)?;
    } else {
        print(&differences, args.apply);
    }
    let open = differences.iter().any(|d| !args.apply || d.mended_by.is_none());
    Ok(if open { Exit::Found } else { Exit::Done })
}

fn print(differences: &[Difference], apply: bool) {
    for difference in differences {
        let ticket = difference.ticket.map_or_else(String::new, |t| format!("ticket {t}: "));
        let mend = match (&difference.mended_by, apply) {
            (Some(done), true) => format!(" -> {done}"),
            (Some(done), false) => format!(" -> with --apply: {done}"),
            (None, _) => " -> needs a person".to_owned(),
        };
        output::line(format!("{ticket}{}{mend}", difference.what));
    }
    if differences.is_empty() {
        output::line("tickets, database and repository tree agree");
    }
}

/// Tickets with something in the inbox: what differs there is on its way to be mended.
async fn under_way(site: &Site) -> anyhow::Result<BTreeSet<TicketId>> {
    Ok(site.store.pending(site.now()).await?.iter().map(|m| m.message.ticket()).collect())
}

/// Changes of tickets whose notice never arrived.
async fn compare_notices(site: &Site, apply: bool) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.fetch_progress_changes(0).await?;
    let mut differences = Vec::new();
    for notice in catch_up::missed(site, &found.items).await? {
        let what = format!("the change {} -> {} has no notice", notice.previous, notice.current);
        differences.push(Difference::mended(notice.ticket, what, "put into the inbox"));
        if apply {
            worker::deliver(site, notice).await?;
        }
    }
    Ok(differences)
}

/// Tickets that can not be used, that the database does not know, that stand elsewhere although nothing is under way, or
/// that were never told what they should say; and releases whose ticket is gone.
async fn compare_tickets(site: &Site, under_way: &BTreeSet<TicketId>, apply: bool) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.search(&Query::default()).await?;
    let mut differences: Vec<Difference> = found.unreadable.iter().map(unusable).collect();
    let policy = site.policy().await?;
    for ticket in &found.items {
        let Some(record) = site.store.load_release(ticket.id).await? else {
            if apply {
                catch_up::register(site, ticket).await?;
            }
            differences.push(Difference::mended(ticket.id, "it is not on record".to_owned(), "put on record"));
            continue;
        };
        if under_way.contains(&ticket.id) {
            continue;
        }
        let wrong = compare_ticket(ticket, &record, &policy);
        if apply && !wrong.is_empty() {
            worker::check(site, ticket.id).await?;
        }
        let difference = |what| Difference::mended(ticket.id, what, "put into the inbox to be looked at again");
        differences.extend(wrong.into_iter().map(difference));
    }
    let seen: BTreeSet<TicketId> = found.items.iter().map(|ticket| ticket.id).collect();
    differences.extend(find_gone(site, &seen).await?);
    Ok(differences)
}

/// What a ticket says, beside what is on record.
fn compare_ticket(ticket: &Ticket, record: &ReleaseRecord, policy: &Policy) -> Vec<String> {
    let stands = ticket.progress().map_err(|e| e.to_string());
    if stands.as_ref() != Ok(&record.state) {
        let said = stands.map_or_else(|e| e, |s| s.to_string());
        return vec![format!("it says {said}, on record is {}", record.state)];
    }
    let owed = owed(ticket, record, policy);
    owed.iter().map(|effect| format!("it was not told: {}", worker::describe(effect))).collect()
}

/// Releases whose ticket was not among those of the queue.
async fn find_gone(site: &Site, seen: &BTreeSet<TicketId>) -> anyhow::Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for record in site.store.load_releases().await?.into_iter().filter(|record| !seen.contains(&record.ticket)) {
        match site.tickets.fetch_ticket(record.ticket).await {
            Ok(_) => {}
            Err(gone @ (TicketError::Missing { .. } | TicketError::Gone { .. } | TicketError::Forbidden { .. })) => {
                let what = format!("its release stands in {}, but {}", record.state, crate::error_chain(&gone));
                differences.push(Difference { ticket: Some(record.ticket), what, mended_by: None });
            }
            // It was told among those that can not be used.
            Err(TicketError::Malformed { .. } | TicketError::Corrupt { .. }) => {}
            Err(trouble) => return Err(trouble.into()),
        }
    }
    Ok(differences)
}

fn unusable(trouble: &TicketError) -> Difference {
    Difference { ticket: None, what: crate::error_chain(trouble), mended_by: None }
}
