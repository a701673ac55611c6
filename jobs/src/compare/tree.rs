//! What lies in the repository tree beside what should.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::area::{Area, RepoKey};
use egi_model::release::ReleaseType;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use egi_repo::tree::{RepoError, RepoTree};
use egi_workflow::{Policy, ReleaseRecord};

use super::{Difference, Kind, Mend};
use crate::site::Site;

/// Releases in their repositories: who is where.
type Places = BTreeSet<(RepoKey, TicketId)>;

/// Compares. Releases that are under way or `Failed` are left alone: they may lie between two places. So are those that went
/// or came when somebody went back to an earlier generation: what is to become of them is for people to say.
pub(super) async fn compare(site: &Site, under_way: &BTreeSet<TicketId>) -> anyhow::Result<Vec<Difference>> {
    let policy = site.policy().await?;
    let records: BTreeMap<TicketId, ReleaseRecord> = {
        let loaded = site.store.load_releases().await?.into_iter();
        let settled = loaded.filter(|r| r.state != RolloutState::Failed && !under_way.contains(&r.ticket));
        settled.map(|record| (record.ticket, record)).collect()
    };
    let wanted = wanted(&policy, records.values());
    let (placed, held) = site.on_tree(placed).await?;
    let disputed: Places = wanted.symmetric_difference(&placed).filter(|place| held.contains(place)).cloned().collect();
    let open = |place: &&(RepoKey, TicketId)| !disputed.contains(*place);
    let mut differences: Vec<Difference> = disputed.iter().map(disagreed).collect();
    let missing = wanted.difference(&placed).filter(open);
    differences.extend(missing.filter_map(|(repo, ticket)| Some(absent(repo, records.get(ticket)?))));
    let extra = placed.difference(&wanted).filter(open).filter(|(_, ticket)| records.contains_key(ticket));
    differences.extend(extra.map(misplaced));
    Ok(differences)
}

fn disagreed((repo, ticket): &(RepoKey, TicketId)) -> Difference {
    let what = format!("{repo} went back to an earlier generation, and its release with it");
    Difference { kind: Kind::Held, ticket: Some(*ticket), what, mend: Mend::Person }
}

fn absent(repo: &RepoKey, record: &ReleaseRecord) -> Difference {
    let what = format!("it is not in {repo}, where it belongs");
    let mend = Mend::Place(repo.clone(), Box::new(record.clone()));
    Difference { kind: Kind::Missing, ticket: Some(record.ticket), what, mend }
}

fn misplaced((repo, ticket): &(RepoKey, TicketId)) -> Difference {
    let what = format!("it is in {repo}, where it does not belong");
    Difference { kind: Kind::Extra, ticket: Some(*ticket), what, mend: Mend::Withdraw(repo.clone(), *ticket) }
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
