//! `nsrw sync`: tickets, database and repository tree compared. Without `--apply` it only says what differs.

mod tree;

use std::collections::BTreeSet;

use egi_model::ticket::TicketId;
use egi_tickets::Query;
use serde::Serialize;
use tracing::{error, info, warn};

use crate::cli::SyncArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker::{self, notice_of};

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

/// What `serve` does on a schedule: puts into the inbox what never arrived.
pub(super) async fn catch_up_quietly(site: &Site) {
    match compare_notices(site, true).await {
        Ok(missed) if missed.is_empty() => {}
        Ok(missed) => warn!("{} changes of tickets had no notice; they are in the inbox now", missed.len()),
        Err(trouble) => error!("the ticket system could not be asked for missed changes: {trouble:#}"),
    }
    if let Err(trouble) = register_new(site).await {
        error!("the ticket system could not be asked for new tickets: {trouble:#}");
    }
}

/// Puts new tickets on record, so that the month's report counts them.
async fn register_new(site: &Site) -> anyhow::Result<()> {
    for ticket in site.tickets.search(&Query::default()).await?.items {
        site.store.register(ticket.id, ticket.created, ticket.requestors.first().cloned()).await?;
    }
    Ok(())
}

/// Tickets with something in the inbox: what differs there is on its way to be mended.
async fn under_way(site: &Site) -> anyhow::Result<BTreeSet<TicketId>> {
    Ok(site.store.pending(site.now()).await?.iter().map(|m| m.message.ticket()).collect())
}

/// Changes of tickets whose notice never arrived.
async fn compare_notices(site: &Site, apply: bool) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.fetch_progress_changes(0).await?;
    let mut differences: Vec<Difference> = found.unreadable.iter().map(unreadable).collect();
    let known = site.store.load_known_changes().await?;
    for notice in found.items.iter().filter_map(notice_of) {
        if notice.change.is_some_and(|change| known.contains(&change)) {
            continue;
        }
        let what = format!("the change {} -> {} has no notice", notice.previous, notice.current);
        differences.push(Difference {
            ticket: Some(notice.ticket),
            what,
            mended_by: Some("put into the inbox".to_owned()),
        });
        if apply {
            let posted = worker::deliver(site, notice).await?;
            info!(inbox.id = %posted.id, "a missed change was put into the inbox");
        }
    }
    Ok(differences)
}

fn unreadable(trouble: &egi_tickets::TicketError) -> Difference {
    Difference { ticket: None, what: crate::error_chain(trouble), mended_by: None }
}

/// Tickets the database does not know, and tickets that stand elsewhere although nothing is under way.
async fn compare_tickets(site: &Site, under_way: &BTreeSet<TicketId>, apply: bool) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.search(&Query::default()).await?;
    let mut differences = Vec::new();
    for ticket in found.items {
        let Some(record) = site.store.load_release(ticket.id).await? else {
            if apply {
                site.store.register(ticket.id, ticket.created, ticket.requestors.first().cloned()).await?;
            }
            differences.push(Difference::mended(ticket.id, "it is not on record".to_owned(), "put on record"));
            continue;
        };
        let stands = ticket.progress().map_err(|e| e.to_string());
        if stands.as_ref() != Ok(&record.state) && !under_way.contains(&ticket.id) {
            if apply {
                worker::check(site, ticket.id).await?;
            }
            let said = stands.map_or_else(|e| e, |s| s.to_string());
            let what = format!("it says {said}, on record is {}", record.state);
            differences.push(Difference::mended(ticket.id, what, "put into the inbox to be looked at again"));
        }
    }
    Ok(differences)
}
