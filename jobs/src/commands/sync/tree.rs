//! What lies in the repository tree beside what should.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use egi_model::area::{Area, RepoKey};
use egi_model::release::{Emergency, ReleaseType};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_repo::tree::{Placement, RepoError, RepoTree};
use egi_workflow::plan::mode;
use egi_workflow::{Policy, ReleaseRecord};

use super::Difference;
use crate::config::Config;
use crate::site::Site;
use crate::worker::{about, tree_mode};

/// Releases in their repositories: who is where.
type Places = BTreeSet<(RepoKey, TicketId)>;

/// Compares, and with `apply` puts what is missing where it belongs and takes out what does not. Releases that are
/// under way or `Failed` are left alone: they may lie between two places. So are those that went or came when somebody
/// went back to an earlier generation: what is to become of them is for people to say.
pub(super) async fn compare(
    site: &Site,
    under_way: &BTreeSet<TicketId>,
    apply: bool,
) -> anyhow::Result<Vec<Difference>> {
    let policy = site.policy().await?;
    let records: BTreeMap<TicketId, ReleaseRecord> = {
        let loaded = site.store.load_releases().await?.into_iter();
        let settled = loaded.filter(|r| r.state != RolloutState::Failed && !under_way.contains(&r.ticket));
        settled.map(|record| (record.ticket, record)).collect()
    };
    let wanted = wanted(&policy, records.values());
    let (tree, config, now) = (Arc::clone(&site.tree), Arc::clone(&site.config), site.now());
    tokio::task::spawn_blocking(move || {
        let (placed, held) = placed(&tree)?;
        let mut differences = Vec::new();
        let disputed: Places =
            wanted.symmetric_difference(&placed).filter(|place| held.contains(place)).cloned().collect();
        for (repo, ticket) in &disputed {
            let what = format!("{repo} went back to an earlier generation, and its release with it");
            differences.push(Difference { ticket: Some(*ticket), what, mended_by: None });
        }
        for (repo, ticket) in wanted.difference(&placed).filter(|place| !disputed.contains(place)) {
            if let (true, Some(record)) = (apply, records.get(ticket)) {
                place(&tree, &config, repo, record, now)?;
            }
            let what = format!("it is not in {repo}, where it belongs");
            differences.push(Difference::mended(*ticket, what, "published there"));
        }
        let extra = placed.difference(&wanted).filter(|place| !disputed.contains(place));
        for (repo, ticket) in extra.filter(|(_, ticket)| records.contains_key(ticket)) {
            if apply {
                tree.ensure_withdrawn(&tree.lock()?, repo, *ticket, now)?;
            }
            let what = format!("it is in {repo}, where it does not belong");
            differences.push(Difference::mended(*ticket, what, "withdrawn from there"));
        }
        Ok(differences)
    })
    .await?
}

/// Who is where, and of whom somebody decided otherwise by going back to an earlier generation.
fn placed(tree: &RepoTree) -> Result<(Places, Places), RepoError> {
    let (mut placed, mut held) = (Places::new(), Places::new());
    for key in tree.live_keys()? {
        let Some(live) = tree.probe_live(&key)? else { continue };
        placed.extend(live.placements.into_iter().map(|p| (key.clone(), p.ticket)));
        held.extend(live.held.into_iter().map(|ticket| (key.clone(), ticket)));
    }
    Ok((placed, held))
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

/// Where releases lie. In base a product is there with its latest release alone.
fn wanted<'a>(policy: &Policy, records: impl Iterator<Item = &'a ReleaseRecord>) -> Places {
    let mut latest: BTreeMap<(RepoKey, String), &ReleaseRecord> = BTreeMap::new();
    let mut wanted = Places::new();
    for record in records {
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
