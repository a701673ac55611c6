//! `nsrw repo`: the repositories, what they were, the way back, and whether they are whole.

mod check;
mod waive;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::ensure;
use egi_model::area::RepoKey;
use egi_model::content::ContentId;
use egi_repo::tree::{AuditRecord, By, Change, Difference, Generation, Point, RepoTree, Stale};
use serde_json::json;

use crate::cli::Hand;
use crate::cli::repo::{ByArgs, GcArgs, RefreshArgs, RepoCommand, RollbackArgs, To};
use crate::exit::Exit;
use crate::output;
use crate::permission::{self, Act, NotPermitted, permit};
use crate::site::Site;
use crate::worker;

pub(super) async fn run(site: &Site, command: RepoCommand) -> anyhow::Result<Exit> {
    match command {
        RepoCommand::Rollback(args) => roll_back(site, args).await,
        RepoCommand::Refresh(args) => refresh(site, args).await,
        RepoCommand::Verify(args) => verify(site, args).await,
        RepoCommand::Gc(args) => collect(site, args).await,
        RepoCommand::Check(args) => check::run(site, args).await,
        RepoCommand::Waive(args) => waive::run(site, args).await,
        RepoCommand::Waivers { ticket, json } => waive::list(site, ticket, json).await,
        RepoCommand::List(args) => list(&site.tree, args.json),
        RepoCommand::Show { repo, json } => show(&site.tree, &repo, json),
        RepoCommand::Diff { repo, first: To(first), second: To(second), json } => {
            let difference = site.tree.compare(&repo, first, second)?;
            if json {
                output::json(&difference)?;
            } else {
                print_difference(&difference);
            }
            Ok(Exit::Done)
        }
        RepoCommand::Log(args) => {
            let records = site.tree.load_log()?;
            if args.json {
                output::json(&records)?;
            } else {
                records.iter().for_each(print_record);
            }
            Ok(Exit::Done)
        }
    }
}

fn list(tree: &RepoTree, json: bool) -> anyhow::Result<Exit> {
    let mut all: BTreeMap<String, Option<Generation>> = BTreeMap::new();
    for key in tree.all_keys()? {
        let live = tree.generations(&key)?.into_iter().find(|generation| generation.live);
        all.insert(key.to_string(), live);
    }
    if json {
        output::json(&all)?;
        return Ok(Exit::Done);
    }
    for (repo, live) in &all {
        output::line(match live {
            Some(live) => format!("{repo}  {}", describe(live)),
            None => format!("{repo}  not published any more"),
        });
    }
    Ok(Exit::Done)
}

fn show(tree: &RepoTree, repo: &RepoKey, json: bool) -> anyhow::Result<Exit> {
    let generations = tree.generations(repo)?;
    ensure!(!generations.is_empty(), "there is no repository {repo}; see `nsrw repo list`");
    if json {
        output::json(&generations)?;
        return Ok(Exit::Done);
    }
    for generation in &generations {
        let seen = match (generation.live, generation.reachable) {
            (true, _) => "live",
            (false, true) => "reachable",
            (false, false) => "gone",
        };
        output::line(format!("{}  {seen}", describe(generation)));
    }
    Ok(Exit::Done)
}

fn describe(generation: &Generation) -> String {
    let tickets = generation.placements.iter().map(|p| p.ticket.to_string()).collect::<Vec<_>>().join(", ");
    let restores = generation.restores.map_or_else(String::new, |of| format!("  as generation {of} was"));
    let at = generation.published.format("%Y-%m-%d %H:%M:%S");
    format!("generation {}  {at}  tickets {tickets}{restores}", generation.generation)
}

fn print_difference(difference: &Difference) {
    let Difference { tickets_added, tickets_removed, added, removed } = difference;
    let lines = tickets_removed.iter().map(|ticket| format!("- ticket {ticket}"));
    let lines = lines.chain(tickets_added.iter().map(|ticket| format!("+ ticket {ticket}")));
    let lines = lines.chain(removed.iter().map(|path| format!("- {path}")));
    lines.chain(added.iter().map(|path| format!("+ {path}"))).for_each(output::line);
}

/// Who does it, if they may; what only looks needs no role.
fn by_unless(dry_run: bool, site: &Site, act: Act, hand: &Hand) -> Result<By, NotPermitted> {
    if dry_run { Ok(permission::by(hand)) } else { permit(&site.config, act, hand).map(|permit| permit.by()) }
}

fn print_record(record: &AuditRecord) {
    let why = record.why.as_ref().map_or_else(String::new, |why| format!(" (because: {})", crate::one_line(why)));
    let user = record.user.as_ref().map_or_else(String::new, |user| format!("{user} as "));
    let at = record.at.format("%Y-%m-%d %H:%M:%S");
    output::line(format!("{at}  {user}{}  {}{why}", record.by, record.what));
}

async fn roll_back(site: &Site, args: RollbackArgs) -> anyhow::Result<Exit> {
    let by = by_unless(args.dry_run, site, Act::RepoRollback, &args.hand)?;
    let (tree, now, To(to), dry) = (Arc::clone(&site.tree), site.now(), args.to, args.dry_run);
    let changes = tokio::task::spawn_blocking(move || {
        let repos = match (args.repo, to) {
            (Some(repo), _) => vec![repo],
            (None, Point::Before(ticket)) => {
                let has = |repo: &RepoKey| {
                    let live = tree.probe_live(repo).ok().flatten();
                    live.is_some_and(|live| live.placements.iter().any(|p| p.ticket == ticket))
                };
                let repos: Vec<_> = tree.live_keys()?.into_iter().filter(has).collect();
                ensure!(!repos.is_empty(), "no repository has the release of ticket {ticket}");
                repos
            }
            (None, _) => anyhow::bail!("name the repository; see `nsrw repo list`"),
        };
        let mut changes = Vec::new();
        for repo in repos {
            let change = if dry {
                tree.preview_roll_back(&repo, to)?
            } else {
                tree.roll_back(&tree.lock()?, &repo, to, by.clone(), now)?
            };
            changes.push((repo, change));
        }
        Ok(changes)
    });
    let changes = changes.await??;
    if args.json {
        let told =
            changes.iter().map(|(repo, change)| json!({ "repo": repo.to_string(), "change": tell(change, dry) }));
        output::json(&told.collect::<Vec<_>>())?;
    } else {
        for (repo, change) in &changes {
            output::line(format!("{repo}: {}", tell(change, dry)));
        }
    }
    Ok(Exit::Done)
}

fn tell(change: &Change, dry: bool) -> String {
    let becomes = if dry { "would become" } else { "is" };
    match change {
        Change::Unchanged => "it is so already".to_owned(),
        Change::Published { generation, added, removed, .. } => {
            format!("generation {generation} {becomes} live, {} files more, {} fewer", added.len(), removed.len())
        }
        Change::Emptied { removed } => format!("nothing {becomes} left there, {} files fewer", removed.len()),
    }
}

async fn refresh(site: &Site, args: RefreshArgs) -> anyhow::Result<Exit> {
    let by = by_unless(args.dry_run, site, Act::RepoRefresh, &args.hand)?;
    let which = if args.all { Stale::All } else { Stale::Expiring };
    let repos = if args.dry_run {
        site.tree.find_stale(which, site.now())?
    } else {
        let repos = worker::publish_anew(site, which).await?;
        if !repos.is_empty() {
            let now = site.now();
            let which = if args.all { "all repositories" } else { "repositories whose index was to expire" };
            let what = format!("{which} published anew: {}", repos.len());
            site.on_tree(move |tree| tree.note(&tree.lock()?, by, &what, now)).await?;
        }
        repos
    };
    if args.json {
        output::json(&repos.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let done = if args.dry_run { "would be published anew" } else { "published anew" };
    for repo in &repos {
        output::line(format!("{repo}: {done}"));
    }
    if repos.is_empty() {
        output::line("nothing has to be published anew");
    }
    Ok(Exit::Done)
}

async fn verify(site: &Site, args: ByArgs) -> anyhow::Result<Exit> {
    let (tree, now, by) = (Arc::clone(&site.tree), site.now(), permission::by(&args.hand));
    let progress = Arc::clone(&site.progress);
    let rot = tokio::task::spawn_blocking(move || {
        let rot = tree.scrub(progress.as_ref())?;
        tree.note(&tree.lock()?, by, &format!("everything read again: {} faults", rot.len()), now)?;
        anyhow::Ok(rot)
    })
    .await??;
    if args.json {
        output::json(&rot)?;
    } else if rot.is_empty() {
        output::line("every file is what it was");
    } else {
        for rot in &rot {
            output::line(format!("{}: {}", rot.path.display(), rot.what));
        }
    }
    Ok(if rot.is_empty() { Exit::Done } else { Exit::Found })
}

async fn collect(site: &Site, args: GcArgs) -> anyhow::Result<Exit> {
    let by = by_unless(args.dry_run, site, Act::RepoGc, &args.hand)?;
    // A release that is under way may have content that no repository has yet.
    let releases = site.store.load_releases().await?;
    let wanted: BTreeSet<ContentId> = releases.iter().filter_map(|r| r.facts.as_ref()?.content).collect();
    let (tree, now) = (Arc::clone(&site.tree), site.now());
    let (records, dry) = (chrono::TimeDelta::days(args.keep.into()), args.dry_run);
    let garbage = tokio::task::spawn_blocking(move || {
        let lock = tree.lock()?;
        if dry {
            tree.preview_garbage(&lock, &wanted, records, now)
        } else {
            tree.collect_garbage(&lock, &wanted, records, by, now)
        }
    })
    .await??;
    if args.json {
        output::json(&garbage)?;
    } else {
        let removed = if dry { "would be removed" } else { "removed" };
        output::line(format!(
            "{removed}: {} files of {} bytes, {} contents, {} records of generations, {} pieces of metadata",
            garbage.files, garbage.bytes, garbage.contents, garbage.generations, garbage.metadata
        ));
    }
    Ok(Exit::Done)
}
