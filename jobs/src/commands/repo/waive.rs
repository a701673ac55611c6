//! `nsrw repo waive` and `nsrw repo waivers`: findings of the gate that shall not count.

use anyhow::{bail, ensure};
use egi_model::gate::Waiver;
use egi_model::ticket::TicketId;

use super::check::before_next;
use crate::cli::repo::WaiveArgs;
use crate::exit::Exit;
use crate::output;
use crate::permission::{self, Act, permit};
use crate::site::Site;

pub(super) async fn run(site: &Site, args: WaiveArgs) -> anyhow::Result<Exit> {
    let permit = permit(&site.config, Act::RepoWaive, &args.who.clone().into())?;
    let (owner, now) = (permission::account(&args.who), site.now());
    let reason = args.reason.trim();
    ensure!(!reason.is_empty(), "the reason is empty; say why the finding shall not count");
    ensure!(args.until >= now.date_naive(), "{} is over; name a day to come", args.until);
    let (area, report) = before_next(site, args.ticket).await?;
    let found: Vec<String> = report.open().map(egi_model::gate::Finding::id).collect();
    let findings = if args.finding.is_empty() { found.clone() } else { args.finding };
    if findings.is_empty() {
        bail!("the gate before {area} found nothing against ticket {}: nothing is to be waived", args.ticket);
    }
    if let Some(unknown) = findings.iter().find(|finding| !found.contains(finding)) {
        bail!("the gate before {area} did not find {unknown}; it found {}", found.join(", "));
    }
    let waivers: Vec<Waiver> = findings
        .into_iter()
        .map(|finding| Waiver {
            ticket: args.ticket,
            finding,
            reason: reason.to_owned(),
            owner: owner.clone(),
            granted: now,
            until: args.until,
        })
        .collect();
    // Noted first: a waiver that holds and stands in no log would be worse than one that is noted and does not hold.
    let (by, notes) = (permit.by(), waivers.iter().map(note).collect::<Vec<_>>());
    site.on_tree(move |tree| {
        let lock = tree.lock()?;
        notes.iter().try_for_each(|what| tree.note(&lock, by.clone(), what, now))
    })
    .await?;
    site.store.grant_waivers(&waivers).await?;
    tell(&waivers, args.json)
}

fn note(waiver: &Waiver) -> String {
    format!("ticket {}: {} waived until {}: {}", waiver.ticket, waiver.finding, waiver.until, waiver.reason)
}

pub(super) async fn list(site: &Site, ticket: Option<TicketId>, json: bool) -> anyhow::Result<Exit> {
    tell(&site.store.load_waivers(ticket).await?, json)
}

fn tell(waivers: &[Waiver], json: bool) -> anyhow::Result<Exit> {
    if json {
        output::json(&waivers)?;
    } else {
        for waiver in waivers {
            let granted = waiver.granted.format("%Y-%m-%d %H:%M:%S");
            output::line(format!("{granted}  {}  {}", waiver.owner, note(waiver)));
        }
    }
    Ok(Exit::Done)
}
