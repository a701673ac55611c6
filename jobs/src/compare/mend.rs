//! Mends what differs.

use std::collections::BTreeSet;
use std::sync::Arc;

use egi_model::area::RepoKey;
use egi_model::release::Emergency;
use egi_model::ticket::Ticket;
use egi_repo::tree::{Placement, RepoError, RepoTree};
use egi_store::StoreError;
use egi_workflow::ReleaseRecord;
use egi_workflow::plan::mode;

use super::{Difference, Mend};
use crate::config::Config;
use crate::site::Site;
use crate::worker::{self, about, tree_mode};

/// Mends all of `differences` that can be mended without a person.
pub(crate) async fn mend(site: &Site, differences: &[Difference]) -> anyhow::Result<()> {
    let mut looked_at = BTreeSet::new();
    for difference in differences {
        match &difference.mend {
            Mend::Deliver(notice) => drop(worker::deliver(site, notice.clone()).await?),
            Mend::Register(ticket) => register(site, ticket).await?,
            // A ticket may differ in several ways, and is looked at once.
            Mend::LookAgain(ticket) if looked_at.insert(*ticket) => drop(worker::check(site, *ticket).await?),
            Mend::Place(repo, record) => {
                let (repo, record, config, now) = (repo.clone(), record.clone(), Arc::clone(&site.config), site.now());
                site.on_tree(move |tree| place(tree, &config, &repo, &record, now)).await?;
            }
            Mend::Withdraw(repo, ticket) => {
                let (repo, ticket, now) = (repo.clone(), *ticket, site.now());
                site.on_tree(move |tree| tree.ensure_withdrawn(&tree.lock()?, &repo, ticket, now).map(drop)).await?;
            }
            Mend::LookAgain(_) | Mend::Person => {}
        }
    }
    Ok(())
}

/// Puts a ticket on record, so that the month's report counts it.
pub(crate) async fn register(site: &Site, ticket: &Ticket) -> Result<(), StoreError> {
    let by = ticket.requestors.first().cloned();
    site.store.register(ticket.id, ticket.created, by).await.map(drop)
}

fn place(
    tree: &RepoTree,
    config: &Config,
    repo: &RepoKey,
    record: &ReleaseRecord,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), RepoError> {
    let Some(facts) = &record.facts else { return Ok(()) };
    let Some(content) = facts.content else { return Ok(()) };
    let (product, target) = (facts.product(), facts.target.clone());
    let mode = tree_mode(mode(repo.area, facts.release_type));
    let placement = Placement { ticket: record.ticket, product, content, target, mode };
    let lock = tree.lock()?;
    if tree.load_about(record.ticket)?.is_none() {
        // It was lost with the repository. release.xml stands in for the ticket then.
        let emergency = facts.release.emergency.unwrap_or(Emergency::No);
        tree.keep_about(&lock, record.ticket, &about(config, record.ticket, facts, emergency))?;
    }
    tree.ensure_placed(&lock, repo, &placement, now).map(drop)
}
