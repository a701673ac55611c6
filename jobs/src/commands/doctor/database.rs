//! The database: the log, and what waits in inbox and outbox.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::ticket::TicketId;
use egi_repo::tree::Rot;
use egi_store::PendingMessage;

use super::check::Check;
use super::finding::{Finding, Fix, found};
use crate::site::Site;
use crate::worker;

/// How long a letter may wait that is to be sent at once; sending is tried each time `nsrw notify` runs.
const LETTER: TimeDelta = TimeDelta::days(1);
/// How long one may wait for the day's digest.
const DIGEST: TimeDelta = TimeDelta::days(2);

pub(super) async fn examine(site: &Site) -> Vec<Finding> {
    let place = site.config.store.place();
    let looked = [history(site).await, inbox(site).await, contents(site).await, letters(site).await];
    looked.into_iter().flat_map(|looked| found(&place, looked)).collect()
}

async fn history(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let check = site.store.verify_history().await?;
    let finding = |first: &egi_store::ChainFault| {
        let what = format!("{} faults in {} records, the first: {first}", check.faults.len(), check.records);
        Finding::new(Check::HistoryBroken, site.config.store.place(), what)
    };
    Ok(check.faults.first().map(finding).into_iter().collect())
}

async fn inbox(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let (now, tries) = (site.now(), site.config.worker.tries);
    let pending = site.store.pending(now).await?;
    let lease = TimeDelta::from_std(site.config.lease()).unwrap_or(TimeDelta::MAX);
    let held: BTreeSet<TicketId> = pending.iter().filter(|m| m.worker.is_some()).map(|m| m.message.ticket()).collect();
    let mut findings: Vec<Finding> = pending.iter().filter_map(of_dead_worker).collect();
    findings.extend(pending.iter().filter(|message| message.tries >= tries.max(1)).map(of_failing));
    // A ticket's messages are worked on one after the other.
    let overdue = |m: &&PendingMessage| !held.contains(&m.message.ticket()) && is_over(m.not_before, lease, now);
    let (plans, messages): (Vec<_>, Vec<_>) = pending.iter().filter(overdue).partition(|m| m.plan.is_some());
    findings.extend(plans.into_iter().map(of_plan));
    findings.extend(of_overdue(&messages));
    Ok(findings)
}

fn is_over(not_before: DateTime<Utc>, lease: TimeDelta, now: DateTime<Utc>) -> bool {
    now.signed_duration_since(not_before) > lease
}

fn place(message: &PendingMessage) -> String {
    format!("ticket {}", message.message.ticket())
}

fn of_dead_worker(message: &PendingMessage) -> Option<Finding> {
    let worker = message.worker.as_ref().filter(|worker| worker::is_dead(worker))?;
    let what = format!("message {} is held by {worker}, which is no more", message.id);
    let fix = Fix::EndLease(message.id, worker.clone());
    Some(Finding::new(Check::ClaimOfDeadWorker, place(message), what).fixed_by(fix))
}

fn of_failing(message: &PendingMessage) -> Finding {
    let last = message.note.as_deref().map(crate::one_line).unwrap_or_default();
    let what = format!("message {} was put back {} times, the last time because: {last}", message.id, message.tries);
    let next = message.not_before.format("%Y-%m-%d %H:%M:%S");
    let ticket = message.message.ticket();
    let repair = format!("mend what it says; it is tried again from {next} on, and `nsrw explain {ticket}` tells more");
    Finding::new(Check::MessageFails, place(message), what).repair(repair)
}

fn of_plan(message: &PendingMessage) -> Finding {
    let plan = message.plan.map(|plan| plan.to_string()).unwrap_or_default();
    let since = message.not_before.format("%Y-%m-%d %H:%M:%S");
    let what = format!("plan {plan} could be gone on with since {since}, and nobody works on it");
    Finding::new(Check::PlanUnheld, place(message), what)
}

fn of_overdue(messages: &[&PendingMessage]) -> Option<Finding> {
    let oldest = messages.iter().min_by_key(|message| message.not_before)?;
    let since = oldest.not_before.format("%Y-%m-%d %H:%M:%S");
    let what = format!("{} messages wait for a worker, the oldest since {since}", messages.len());
    Some(Finding::new(Check::MessageOverdue, place(oldest), what))
}

/// Releases whose files are not in the pool.
async fn contents(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let releases = site.store.load_releases().await?;
    site.on_tree(move |tree| {
        let mut findings = Vec::new();
        for record in &releases {
            let Some(content) = record.facts.as_ref().and_then(|facts| facts.content) else { continue };
            let rot = tree.check_content(content)?;
            let what = |first: &Rot| {
                let Rot { path, what } = first;
                format!("{} of its files are not in the pool, the first: {}: {what}", rot.len(), path.display())
            };
            let finding = |first| Finding::new(Check::ContentMissing, format!("ticket {}", record.ticket), what(first));
            findings.extend(rot.first().map(finding));
        }
        Ok(findings)
    })
    .await
}

async fn letters(site: &Site) -> anyhow::Result<Vec<Finding>> {
    let (now, no_relay) = (site.now(), site.config.mail.host.is_empty());
    let mut waiting = site.store.load_waiting_letters().await?;
    waiting.retain(|letter| no_relay || now - letter.written > if letter.digest { DIGEST } else { LETTER });
    let Some(oldest) = waiting.first() else { return Ok(Vec::new()) };
    let since = oldest.written.format("%Y-%m-%d %H:%M:%S");
    let what = format!("{} letters wait, the oldest to {} since {since}", waiting.len(), oldest.readers);
    let finding = Finding::new(Check::LettersStuck, "outbox", what);
    let relay = "set mail.host to a relay, or take [notifications] out of nsrw.toml";
    Ok(vec![if no_relay { finding.repair(relay) } else { finding }])
}
