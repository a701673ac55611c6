//! `nsrw ea consolidate`: the single reports of a staged rollout in one, as Markdown and PDF; its link goes to the ticket.

use std::path::Path;

use anyhow::Context as _;
use egi_metrics::paper::{Consolidated, Fact};
use egi_model::area::Area;
use egi_model::field::Field;
use egi_model::participation::ParticipationRecord;
use egi_model::rollout::RolloutState;
use egi_tickets::TicketError;
use egi_tickets::desk::Edit;
use egi_workflow::{ReleaseRecord, evidence};

use crate::cli::early_adopters::ConsolidateArgs;
use crate::exit::Exit;
use crate::output;
use crate::site::Site;

pub(super) async fn run(site: &Site, args: &ConsolidateArgs) -> anyhow::Result<Exit> {
    let report = gather(site, args).await?;
    let folder = args.out.clone().unwrap_or_else(|| site.config.path(Path::new("reports/staged-rollout")));
    std::fs::create_dir_all(&folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    let pdf = tokio::task::block_in_place(|| report.render_pdf())?;
    for (kind, bytes) in [("md", report.to_markdown().into_bytes()), ("pdf", pdf)] {
        let file = folder.join(format!("staged-rollout-{}.{kind}", args.ticket));
        std::fs::write(&file, bytes).with_context(|| format!("failed to write {}", file.display()))?;
        output::line(file.display().to_string());
    }
    match &args.link {
        Some(link) => publish(site, args, link),
        None => Ok(Exit::Done),
    }
}

async fn gather(site: &Site, args: &ConsolidateArgs) -> anyhow::Result<Consolidated> {
    let ticket = args.ticket;
    let record = site.store.load_release(ticket).await?;
    let record = record.with_context(|| format!("no release is on record for ticket {ticket}"))?;
    let facts = record.facts.as_ref().with_context(|| format!("nothing was delivered yet for ticket {ticket}"))?;
    let parts: Vec<_> = site.store.load_parts(Some(ticket)).await?.into_iter().map(|part| part.record).collect();
    let title = facts.title();
    let told = describe(site, &record, &parts).await?;
    Ok(Consolidated::of(&site.config.site.name, ticket, &title, told, &parts, site.now()))
}

async fn describe(site: &Site, record: &ReleaseRecord, parts: &[ParticipationRecord]) -> anyhow::Result<Vec<Fact>> {
    let facts = record.facts.as_ref();
    let history = site.store.load_history(Some(record.ticket)).await?;
    let entered = history.iter().find(|entry| entry.entry.to == RolloutState::StageRollout).map(|entry| entry.entry.at);
    let stay = evidence::longest_stay(&history, RolloutState::StageRollout, site.now());
    let policy = site.policy().await?;
    let repo = facts.and_then(|facts| facts.repo(Area::StageRollout).ok()).map(|repo| policy.url_of(&repo));
    let ngis: std::collections::BTreeSet<&str> = parts.iter().map(|part| part.ngi.as_str()).collect();
    let fact = |name, value: String| (!value.is_empty()).then_some(Fact { name, value });
    let told = [
        fact("technology provider", facts.map(|facts| facts.release.provider.name.clone()).unwrap_or_default()),
        fact("platform", facts.map(|facts| facts.target.to_string()).unwrap_or_default()),
        fact("stands in", record.state.to_string()),
        fact(
            "in staged rollout since",
            entered.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default(),
        ),
        fact("longest stay without a break", format!("{} hours", stay.num_hours())),
        fact("repository", repo.unwrap_or_default()),
        fact("NGIs", ngis.into_iter().collect::<Vec<_>>().join(", ")),
    ];
    Ok(told.into_iter().flatten().collect())
}

/// Puts the link into the ticket. People do that themselves where they work in Request Tracker: the field is theirs there.
fn publish(site: &Site, args: &ConsolidateArgs, link: &str) -> anyhow::Result<Exit> {
    let (desk, by) = (site.desk()?, crate::commands::actor(site, &args.who));
    let edit = Edit::Field(Field::StageRolloutReport, link.to_owned());
    match desk.set(args.ticket, &[edit], &by, site.now()) {
        Ok(_) => {
            output::line(format!("ticket {}: {} is {link}", args.ticket, Field::StageRolloutReport));
            Ok(Exit::Done)
        }
        Err(refused @ (TicketError::Refused { .. } | TicketError::Forbidden { .. })) => {
            output::line(format!("refused: {refused}"));
            Ok(Exit::Found)
        }
        Err(error) => Err(error.into()),
    }
}
