//! `nsrw plan`: what would be done, without doing it.

use std::collections::BTreeSet;

use egi_model::field::Field;
use egi_model::role::Group;
use egi_repo::tree::{Change, Placement, RepoError};
use egi_workflow::snapshot::Document;
use egi_workflow::{Decision, Effect, Plan, Snapshot, decide, plan};
use serde::Serialize;

use crate::cli::ticket::PlanArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;
use crate::worker::{self, describe};

/// The answer: the verdict and the effects.
#[derive(Debug, Serialize)]
struct Preview {
    verdict: String,
    /// Whether a step is known to fail.
    fails: bool,
    steps: Vec<String>,
    tells: Vec<String>,
    plan: Option<Plan>,
}

pub(super) async fn run(site: &Site, args: &PlanArgs) -> anyhow::Result<Exit> {
    let actor = args.who.account.as_ref().map(|_| super::actor(site, &args.who));
    let snapshot = worker::gather_preview(site, args.ticket, args.state, actor).await?;
    let decision = decide(&snapshot);
    let preview = preview(site, &snapshot, &decision);
    if args.json {
        output::json(&preview)?;
    } else {
        output::line(&preview.verdict);
        for step in &preview.steps {
            output::line(format!("  {step}"));
        }
        if !preview.tells.is_empty() {
            output::line(format!("  told by mail: {}", preview.tells.join(", ")));
        }
    }
    Ok(if preview.fails || matches!(decision, Decision::Refuse(_)) { Exit::Found } else { Exit::Done })
}

fn preview(site: &Site, snapshot: &Snapshot, decision: &Decision) -> Preview {
    let plan = plan(snapshot, decision);
    let (from, asked) = (snapshot.record.state, snapshot.asked);
    let effects: &[Effect] = plan.as_ref().map_or(&[], |p| &p.steps);
    let told: Vec<_> = effects.iter().map(|effect| tell(site, snapshot, plan.as_ref(), effect)).collect();
    let fails = told.iter().any(Result::is_err);
    let verdict = match decision {
        Decision::Proceed { .. } if fails => format!("{from} -> {asked} is allowed and would fail:"),
        Decision::Proceed { .. } => format!("{from} -> {asked} would be done:"),
        Decision::Defer { holder } => format!("{from} -> {asked} would be deferred behind ticket {holder}:"),
        Decision::Await { members } => {
            format!("{from} -> {asked} would wait for the rest of its set: {}", worker::name(members))
        }
        Decision::Unchanged(_) => format!("{from} -> {asked}: there is nothing to do"),
        Decision::Refuse(_) => format!("{from} -> {asked} would be refused:"),
    };
    let steps = told.into_iter().map(|step| step.unwrap_or_else(|failing| failing)).collect();
    Preview { verdict, fails, steps, tells: tells(effects), plan }
}

/// Groups that hear of it: those set, once the answer is given; and always the administrators.
fn tells(effects: &[Effect]) -> Vec<String> {
    let mut groups = BTreeSet::new();
    for effect in effects {
        if let Effect::SetWatchers { groups: set } = effect {
            groups.extend(Group::told(set).iter().map(ToString::to_string));
        }
    }
    groups.into_iter().collect()
}

/// What an effect would do; an error where it would fail.
fn tell(site: &Site, snapshot: &Snapshot, plan: Option<&Plan>, effect: &Effect) -> Result<String, String> {
    let ticket = snapshot.ticket.id;
    let does = |change| outcome(&describe(effect), change);
    Ok(match effect {
        Effect::Place { repo, product, target, mode, .. } => {
            let kept = plan.and_then(|p| p.settles.facts.as_ref()).and_then(|f| f.content);
            let change = kept.map(|content| {
                let (product, target) = (product.clone(), target.clone());
                let placement = Placement { ticket, product, content, target, mode: worker::tree_mode(*mode) };
                site.tree.preview_placed(repo, &placement)
            });
            match change {
                Some(change) => does(change)?,
                None => format!("{}: what was fetched ({})", describe(effect), announced(snapshot)),
            }
        }
        Effect::PlaceSet { places } => {
            let set: Vec<_> = places.iter().map(worker::placement).collect();
            let changes = site
                .tree
                .preview_all_placed(&set)
                .map_err(|error| format!("{}: it would fail: {}", describe(effect), crate::error_chain(&error)))?;
            let told = changes.into_iter().map(|(repo, change)| outcome(&format!("publish {repo}"), Ok(change)));
            format!("all or none of\n{}", indent(&told.collect::<Result<Vec<_>, _>>()?.join("\n")))
        }
        Effect::Withdraw { repo } => does(site.tree.preview_withdrawn(repo, ticket))?,
        Effect::Comment { text } => format!("comment:\n{}", indent(text)),
        Effect::SetField { field: Field::RepositoryUrl, value } => format!("set RepositoryURL to \"{value}\""),
        Effect::SetField { field, value } => format!("set {field} to {value}"),
        Effect::Fetch { .. } => format!("{}: {}", describe(effect), announced(snapshot)),
        Effect::Accept { .. }
        | Effect::DropScratch
        | Effect::Invite { .. }
        | Effect::EndInvitations
        | Effect::NoteReport { .. }
        | Effect::SetProgress { .. }
        | Effect::SetWatchers { .. }
        | Effect::SetStatus { .. } => describe(effect),
    })
}

/// How much checksums.xml announces.
fn announced(snapshot: &Snapshot) -> String {
    match snapshot.intake.as_ref().map(|intake| &intake.checksums) {
        Some(Document::Read { value, .. }) => {
            let bytes: u64 = value.files.iter().filter_map(|f| f.size).sum();
            format!("{} files, {bytes} bytes", value.files.len())
        }
        Some(Document::Missing | Document::TooLarge { .. } | Document::Unreadable { .. } | Document::Faulty(_))
        | None => "nothing announced".to_owned(),
    }
}

fn outcome(what: &str, change: Result<Change, RepoError>) -> Result<String, String> {
    match change {
        Ok(Change::Unchanged) => Ok(format!("{what}: no change")),
        Ok(Change::Published { added, removed, bytes_added, .. }) => {
            let (added, removed) = (added.len(), removed.len());
            Ok(format!("{what}: {added} files more ({bytes_added} bytes), {removed} fewer"))
        }
        Ok(Change::Emptied { removed }) => Ok(format!("{what}: {} files fewer, nothing is left there", removed.len())),
        Err(error) => Err(format!("{what}: it would fail: {}", crate::error_chain(&error))),
    }
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    | {line}")).collect::<Vec<_>>().join("\n")
}
