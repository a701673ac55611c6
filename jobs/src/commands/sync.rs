//! `nsrw sync`: tickets, database and repository tree compared. Without `--apply` it only says what differs.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::area::{Area, RepoKey};
use egi_model::release::ReleaseType;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_tickets::Query;
use egi_workflow::{Policy, ReleaseRecord};
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

pub(super) async fn run(site: &Site, args: &SyncArgs) -> anyhow::Result<Exit> {
    let mut differences = compare_notices(site, args.apply).await?;
    differences.extend(compare_tickets(site, args.apply).await?);
    differences.extend(compare_tree(site).await?);
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
    // Puts new tickets on record; a ticket that stands elsewhere is `nsrw sync`'s to tell.
    if let Err(trouble) = compare_tickets(site, true).await {
        error!("the ticket system could not be asked for new tickets: {trouble:#}");
    }
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
async fn compare_tickets(site: &Site, apply: bool) -> anyhow::Result<Vec<Difference>> {
    let found = site.tickets.search(&Query::default()).await?;
    let pending: BTreeSet<TicketId> =
        site.store.pending(site.now()).await?.iter().map(|m| m.message.ticket()).collect();
    let mut differences = Vec::new();
    for ticket in found.items {
        let Some(record) = site.store.load_release(ticket.id).await? else {
            if apply {
                site.store.register(ticket.id, ticket.created, ticket.requestors.first().cloned()).await?;
            }
            let what = "it is not on record".to_owned();
            differences.push(Difference { ticket: Some(ticket.id), what, mended_by: Some("put on record".to_owned()) });
            continue;
        };
        let stands = ticket.progress().map_err(|e| e.to_string());
        if stands.as_ref() != Ok(&record.state) && !pending.contains(&ticket.id) {
            let said = stands.map_or_else(|e| e, |s| s.to_string());
            let what = format!("it says {said}, on record is {}", record.state);
            differences.push(Difference { ticket: Some(ticket.id), what, mended_by: None });
        }
    }
    Ok(differences)
}

/// What lies in the tree and should not, and what should and does not.
async fn compare_tree(site: &Site) -> anyhow::Result<Vec<Difference>> {
    let wanted = wanted(&site.policy().await?, &site.store.load_releases().await?);
    let mut placed = BTreeSet::new();
    for key in site.tree.live_keys()? {
        if let Some(live) = site.tree.probe_live(&key)? {
            placed.extend(live.placements.iter().map(|p| (key.clone(), p.ticket)));
        }
    }
    let missing = wanted.difference(&placed).map(|(repo, t)| (t, format!("it is not in {repo}, where it belongs")));
    let extra = placed.difference(&wanted).map(|(repo, t)| (t, format!("it is in {repo}, where it does not belong")));
    Ok(missing.chain(extra).map(|(t, what)| Difference { ticket: Some(*t), what, mended_by: None }).collect())
}

/// Where the releases on record lie. In base a product is there with its latest release alone. What failed is left out:
/// it may lie between two places.
fn wanted(policy: &Policy, records: &[ReleaseRecord]) -> BTreeSet<(RepoKey, TicketId)> {
    let mut latest: BTreeMap<(RepoKey, String), &ReleaseRecord> = BTreeMap::new();
    let mut wanted = BTreeSet::new();
    for record in records.iter().filter(|record| record.state != RolloutState::Failed) {
        let Some(facts) = record.facts.as_ref().filter(|facts| facts.content.is_some()) else { continue };
        let Some(area) = policy.area_of(record.state) else { continue };
        let Ok(repo) = facts.repo(area) else { continue };
        if area == Area::Production && facts.release_type == ReleaseType::NonIncremental {
            let held = latest.entry((repo, facts.product())).or_insert(record);
            if record.since > held.since {
                *held = record;
            }
        } else {
            wanted.insert((repo, record.ticket));
        }
    }
    wanted.extend(latest.into_iter().map(|((repo, _), record)| (repo, record.ticket)));
    wanted
}
