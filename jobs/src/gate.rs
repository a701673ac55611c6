//! The gate: what it is asked, and what comes of the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use egi_model::area::{Area, RepoKey, production_key};
use egi_model::gate::GateReport;
use egi_model::release::{ReleaseType, Target};
use egi_model::ticket::TicketId;
use egi_repo::gate::GateQuestion;
use egi_repo::tree::{Placement, RepoError};
use egi_store::StoreError;
use egi_workflow::plan::mode;
use egi_workflow::{GateAnswer, ReleaseFacts, ReleaseRecord};

use crate::site::Site;
use crate::worker::tree_mode;

/// Why the gate gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GateError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The repository tree.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The thread ended early.
    #[error("the gate was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// What the gate before an area says of a release; `None` if it is off, or there is nothing to ask about.
pub(crate) async fn answer(site: &Site, record: &ReleaseRecord, area: Area) -> Result<Option<GateAnswer>, GateError> {
    let mode = record.facts.as_ref().and_then(|facts| site.config.gate.mode(area, &facts.target));
    let Some(mode) = mode else { return Ok(None) };
    Ok(report(site, record, area).await?.map(|report| GateAnswer { mode, report }))
}

/// What is found of a release that would enter an area, with the waivers that hold today; `None` if nothing was delivered.
pub(crate) async fn report(site: &Site, record: &ReleaseRecord, area: Area) -> Result<Option<GateReport>, GateError> {
    let Some(facts) = &record.facts else { return Ok(None) };
    let Some(question) = question_of(site, record.ticket, facts, area).await? else { return Ok(None) };
    let found = ask(site, question).await?;
    let waivers = site.store.load_waivers(Some(record.ticket)).await?;
    Ok(Some(found.waived(&waivers, site.now().date_naive())))
}

/// Asks on a thread of its own: there are files to read, and indexes to fetch.
pub(crate) async fn ask(site: &Site, question: GateQuestion) -> Result<GateReport, GateError> {
    let tree = Arc::clone(&site.tree);
    Ok(tokio::task::spawn_blocking(move || egi_repo::gate::ask(&tree, &question)).await??)
}

/// What to ask about a release that would enter an area.
async fn question_of(
    site: &Site,
    ticket: TicketId,
    facts: &ReleaseFacts,
    area: Area,
) -> Result<Option<GateQuestion>, StoreError> {
    let (Some(content), Ok(repo)) = (facts.content, facts.repo(area)) else { return Ok(None) };
    let target = facts.target.clone();
    let mode = tree_mode(mode(area, facts.release_type));
    let placement = Placement { ticket, product: facts.product(), content, mode, target: target.clone() };
    let production = production_of(facts);
    let beside = production.iter().filter(|key| **key != repo).cloned().collect();
    Ok(Some(GateQuestion {
        entering: Some((repo, placement)),
        standing: Vec::new(),
        beside,
        production,
        under_way: under_way(site, ticket, facts).await?,
        outside: site.config.gate.outside_of(&target, &site.config.folder),
        target,
    }))
}

/// Where sites of the release's target install from: base and updates.
fn production_of(facts: &ReleaseFacts) -> Vec<RepoKey> {
    let kinds = [ReleaseType::NonIncremental, ReleaseType::Incremental];
    kinds.into_iter().filter_map(|kind| production_key(&facts.major, &facts.target, kind).ok()).collect()
}

/// The contents of other releases for the same sites that are delivered and not in production yet.
async fn under_way(
    site: &Site,
    own: TicketId,
    facts: &ReleaseFacts,
) -> Result<Vec<(TicketId, egi_model::content::ContentId)>, StoreError> {
    let policy = site.policy().await?;
    let lies_before_production =
        |record: &ReleaseRecord| matches!(policy.area_of(record.stood), Some(Area::Unverified | Area::StageRollout));
    let releases = site.store.load_releases().await?.into_iter();
    let others = releases.filter(|record| record.ticket != own && lies_before_production(record));
    Ok(others
        .filter_map(|record| {
            let other = record.facts?;
            let same = other.target == facts.target && other.major.id == facts.major.id;
            Some((record.ticket, other.content.filter(|_| same)?))
        })
        .collect())
}

/// What to ask about repositories as they stand, those that belong together in one question. Of an area that is not
/// production, what sites have beside is only used.
pub(crate) async fn questions_of(
    site: &Site,
    keys: BTreeSet<RepoKey>,
) -> Result<Vec<(String, GateQuestion)>, GateError> {
    let mut asked: Vec<(String, GateQuestion)> = Vec::new();
    let live_keys = site.tree.live_keys()?;
    for key in keys {
        let Some(live) = site.tree.probe_live(&key)? else { continue };
        let targets: BTreeSet<&Target> = live.placements.iter().map(|placement| &placement.target).collect();
        for target in targets {
            let of_target = live.placements.iter().find(|placement| placement.target == *target);
            let record = match of_target {
                Some(placement) => site.store.load_release(placement.ticket).await?,
                None => None,
            };
            let known = record.and_then(|record| record.facts).map(|facts| production_of(&facts));
            let known = known.unwrap_or_default().into_iter();
            let production: Vec<_> = known.filter(|key| live_keys.contains(key)).collect();
            let together = |question: &GateQuestion| question.target == *target && question.standing.contains(&key);
            if asked.iter().any(|(_, question)| together(question)) {
                continue;
            }
            let in_production = key.area == Area::Production && production.contains(&key);
            let (standing, beside) =
                if in_production { (production, Vec::new()) } else { (vec![key.clone()], production) };
            let names = standing.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
            let question = GateQuestion {
                entering: None,
                standing,
                beside,
                production: Vec::new(),
                under_way: Vec::new(),
                outside: site.config.gate.outside_of(target, &site.config.folder),
                target: target.clone(),
            };
            asked.push((format!("{names} for {target}"), question));
        }
    }
    Ok(asked)
}
