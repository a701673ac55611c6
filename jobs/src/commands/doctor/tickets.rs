//! The ticket system, and what tickets say beside what is on record.

use chrono::TimeDelta;

use super::check::Check;
use super::finding::{Finding, Fix};
use crate::compare::{self, Difference, Kind, Mend};
use crate::site::Site;

pub(super) async fn examine(site: &Site) -> Vec<Finding> {
    let place = site.tickets.kind();
    let unreachable = |error: String| Finding::new(Check::TicketsUnreachable, place, error);
    let mut findings: Vec<Finding> = match site.tickets.check().await {
        Ok(faults) => faults.into_iter().map(|fault| Finding::new(Check::TicketsSetup, place, fault)).collect(),
        Err(error) => return vec![unreachable(crate::error_chain(&error))],
    };
    findings.extend(clock(site).await);
    // What can not be used can not be compared.
    if findings.iter().all(|finding| finding.check != Check::TicketsSetup) {
        match compare::with_tickets(site).await {
            Ok(differences) => findings.extend(differences.into_iter().map(of)),
            Err(error) => findings.push(unreachable(format!("{error:#}"))),
        }
    }
    findings
}

async fn clock(site: &Site) -> Option<Finding> {
    let before = site.now();
    let there = site.tickets.fetch_time().await.ok().flatten()?;
    // The answer was made at some moment in between, and tells whole seconds.
    let (ahead, behind) = (there - site.now(), before - there - TimeDelta::seconds(1));
    let differs = ahead.max(behind).num_seconds();
    let may = site.config.api.clock_skew_seconds;
    (u64::try_from(differs).unwrap_or(0) > may / 2).then(|| {
        let what = format!("its clock differs by {differs} seconds from this one; notices are refused from {may} on");
        Finding::new(Check::ClockDiffers, site.tickets.kind(), what)
    })
}

/// A difference as a finding.
pub(super) fn of(difference: Difference) -> Finding {
    let place = difference.ticket.map_or_else(|| "tickets".to_owned(), |ticket| format!("ticket {ticket}"));
    let finding = Finding::new(check(difference.kind), place, difference.what.clone());
    if matches!(difference.mend, Mend::Person) { finding } else { finding.fixed_by(Fix::Mend(Box::new(difference))) }
}

const fn check(kind: Kind) -> Check {
    match kind {
        Kind::Missed => Check::NoticeMissed,
        Kind::Unusable => Check::TicketUnusable,
        Kind::Unknown => Check::TicketUnknown,
        Kind::Elsewhere => Check::TicketElsewhere,
        Kind::Untold => Check::TicketUntold,
        Kind::Gone => Check::TicketGone,
        Kind::Missing => Check::ReleaseMissing,
        Kind::Extra => Check::ReleaseExtra,
        Kind::Held => Check::ReleaseHeld,
    }
}
