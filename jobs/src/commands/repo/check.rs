//! `nsrw repo check`: what the gate says, without changing anything.

use std::collections::BTreeSet;

use anyhow::Context as _;
use egi_model::area::{Area, RepoKey};
use egi_model::gate::{Finding, GateReport, Verdict};
use egi_model::ticket::TicketId;
use serde::Serialize;

use crate::cli::repo::{CheckArgs, Checked};
use crate::exit::Exit;
use crate::gate;
use crate::output;
use crate::site::Site;

/// What was judged and what is said of it.
#[derive(Debug, Serialize)]
struct Judged {
    what: String,
    verdict: Verdict,
    report: GateReport,
}

pub(super) async fn run(site: &Site, args: CheckArgs) -> anyhow::Result<Exit> {
    let mut judged = Vec::new();
    let mut keys = BTreeSet::new();
    let all = if args.what.is_empty() {
        vec![Checked::Area(Area::StageRollout), Checked::Area(Area::Production)]
    } else {
        args.what
    };
    for what in all {
        match what {
            Checked::Ticket(ticket) => judged.push(of_ticket(site, ticket).await?),
            Checked::Area(area) => keys.extend(site.tree.live_keys()?.into_iter().filter(|key| key.area == area)),
            Checked::Repo(key) => drop(keys.insert(live(site, &key)?)),
        }
    }
    for (what, question) in gate::questions_of(site, keys).await? {
        let report = gate::ask(site, question).await?;
        judged.push(Judged { what, verdict: report.verdict(), report });
    }
    if args.json {
        output::json(&judged)?;
    } else {
        judged.iter().for_each(print);
    }
    let worst = judged.iter().map(|one| one.verdict).max().unwrap_or(Verdict::Pass);
    Ok(match worst {
        Verdict::Pass => Exit::Done,
        Verdict::Wait | Verdict::Unknown => Exit::TryAgain,
        Verdict::Fail => Exit::Found,
    })
}

fn live(site: &Site, key: &RepoKey) -> anyhow::Result<RepoKey> {
    let live = site.tree.probe_live(key)?;
    live.map(|_| key.clone()).with_context(|| format!("there is no repository {key}; see `nsrw repo list`"))
}

async fn of_ticket(site: &Site, ticket: TicketId) -> anyhow::Result<Judged> {
    let (area, report) = before_next(site, ticket).await?;
    Ok(Judged { what: format!("ticket {ticket} before {area}"), verdict: report.verdict(), report })
}

/// What the gate before the next area of a release says, whether it is on or not.
pub(super) async fn before_next(site: &Site, ticket: TicketId) -> anyhow::Result<(Area, GateReport)> {
    let record = site.store.load_release(ticket).await?;
    let record = record.with_context(|| format!("there is no release of ticket {ticket}; see `nsrw ticket list`"))?;
    let area = match site.policy().await?.area_of(record.stood) {
        Some(Area::Unverified) => Area::StageRollout,
        Some(Area::StageRollout) => Area::Production,
        Some(Area::Production) | None => {
            anyhow::bail!("the release of ticket {ticket} stands in {}: no gate is before it", record.state)
        }
    };
    let report = gate::report(site, &record, area).await?;
    Ok((area, report.with_context(|| format!("nothing was delivered by ticket {ticket} yet"))?))
}

fn print(judged: &Judged) {
    let Judged { what, report, .. } = judged;
    output::line(format!("{what}: {}", report.summary()));
    report.findings.iter().for_each(print_finding);
}

fn print_finding(finding: &Finding) {
    output::line(format!("  {}: {}", finding.verdict, finding.what));
    for line in &finding.chain {
        output::line(format!("      {line}"));
    }
    match &finding.waiver {
        Some(waiver) => {
            let granted = waiver.granted.format("%Y-%m-%d");
            output::line(format!(
                "    waived on {granted} by {} until {}: {}",
                waiver.owner, waiver.until, waiver.reason
            ));
        }
        None => {
            let roles = finding.cleared_by().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            output::line(format!("    {}; can be cleared by: {roles}", finding.id()));
        }
    }
}
