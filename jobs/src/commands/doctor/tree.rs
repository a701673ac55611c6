//! The repository tree: what lies where, whether it is whole, and what killed runs left.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::area::RepoKey;
use egi_model::name::Segment;
use egi_repo::tree::{RepoError, RepoTree, Rot, Stale};

use super::check::Check;
use super::finding::{Finding, Fix, found};
use super::tickets;
use crate::compare;
use crate::site::Site;
use crate::worker;

/// How long before a key's end somebody should know.
const KEY_ENDS: TimeDelta = TimeDelta::days(30);

pub(super) async fn examine(site: &Site) -> Vec<Finding> {
    let place = site.tree.root().display().to_string();
    let mut findings = found(&place, placements(site).await);
    findings.extend(found(&place, scratch(site).await));
    let (tree, now) = (Arc::clone(&site.tree), site.now());
    let on_disk = tokio::task::spawn_blocking(move || (LOOKS.map(|look| look(&tree, now)), signing(&tree, now)));
    match on_disk.await {
        Ok((looked, signing)) => {
            findings.extend(looked.into_iter().flat_map(|one| found(&place, one.map_err(Into::into))));
            findings.extend(signing);
        }
        Err(stopped) => findings.extend(found(&place, Err(stopped.into()))),
    }
    findings
}

/// Looks at one thing on disk, at a time.
type Look = fn(&RepoTree, DateTime<Utc>) -> Result<Vec<Finding>, RepoError>;

const LOOKS: [Look; 4] = [live, leftovers, expiring, log];

async fn placements(site: &Site) -> anyhow::Result<Vec<Finding>> {
    Ok(compare::with_tree(site).await?.into_iter().map(tickets::of).collect())
}

async fn scratch(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let listed = site.scratch.list()?;
    let finding = |name: Segment| {
        let place = site.tree.scratch_dir().join(name.as_str()).display().to_string();
        let what = "no message of its ticket waits";
        Finding::new(Check::ScratchLeftover, place, what).fixed_by(Fix::RemoveScratch(name))
    };
    Ok(worker::unneeded_scratch(site, listed).await?.into_iter().map(finding).collect())
}

/// Live repositories that are not what they show.
fn live(tree: &RepoTree, _now: DateTime<Utc>) -> Result<Vec<Finding>, RepoError> {
    let mut findings = Vec::new();
    for key in tree.live_keys()? {
        let rot = tree.check_live(&key)?;
        let Some(Rot { path, what }) = rot.first() else { continue };
        let what = format!("{} files are not what they were, the first: {}: {what}", rot.len(), path.display());
        let finding = Finding::new(Check::LiveDamaged, key.to_string(), what);
        // Files of a generation are links to the pool's: only what the pool has can be linked again.
        let placements = tree.probe_live(&key)?.map(|live| live.placements).unwrap_or_default();
        let mut whole = true;
        for placement in placements {
            whole &= tree.check_content(placement.content)?.is_empty();
        }
        findings.push(if whole { finding.fixed_by(Fix::PublishAnew(key)) } else { finding });
    }
    Ok(findings)
}

fn leftovers(tree: &RepoTree, _now: DateTime<Utc>) -> Result<Vec<Finding>, RepoError> {
    let Some(left) = tree.find_leftovers()? else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    if left.unfinished {
        let what = "switches of several repositories were noted, and not all of them made";
        let place = tree.root().join("intent.json").display().to_string();
        findings.push(Finding::new(Check::PublicationUnfinished, place, what).fixed_by(Fix::TakeLock));
    }
    if left.pages_behind {
        let what = "something was published, and feeds and folder pages do not tell of it yet";
        let place = tree.root().join("due").display().to_string();
        findings.push(Finding::new(Check::PagesBehind, place, what).fixed_by(Fix::TakeLock));
    }
    if let Some(first) = left.built.first() {
        let what = format!("{} entries that no run works on, the first is {}", left.built.len(), first.display());
        let place = tree.root().join("tmp").display().to_string();
        findings.push(Finding::new(Check::BuildLeftover, place, what).fixed_by(Fix::RemoveBuilt));
    }
    Ok(findings)
}

fn expiring(tree: &RepoTree, now: DateTime<Utc>) -> Result<Vec<Finding>, RepoError> {
    let finding = |key: RepoKey| {
        let what = "apt will refuse its index before long";
        Finding::new(Check::IndexExpiring, key.to_string(), what).fixed_by(Fix::PublishAnew(key))
    };
    Ok(tree.find_stale(Stale::Expiring, now)?.into_iter().map(finding).collect())
}

fn log(tree: &RepoTree, _now: DateTime<Utc>) -> Result<Vec<Finding>, RepoError> {
    let rot = tree.check_log()?;
    let finding = |first: &Rot| {
        let what = format!("{} records, the first: {}", rot.len(), first.what);
        Finding::new(Check::AuditLogBroken, first.path.display().to_string(), what)
    };
    Ok(rot.first().map(finding).into_iter().collect())
}

fn signing(tree: &RepoTree, now: DateTime<Utc>) -> Option<Finding> {
    let finding = |check, what| Some(Finding::new(check, "[signing]", what));
    match tree.check_signing(now) {
        Err(error) => finding(Check::SigningUnusable, crate::error_chain(&error)),
        Ok(Some(ends)) if ends - now < KEY_ENDS => {
            finding(Check::SigningExpiring, format!("a key that signs expires on {}", ends.format("%Y-%m-%d")))
        }
        Ok(_) => None,
    }
}
