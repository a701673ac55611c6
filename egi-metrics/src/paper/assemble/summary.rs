//! The summary: one table of three months, and the month in sentences.

use egi_model::month::Month;

use super::{Story, total, year_before};
use crate::catalog::id::{
    M_REPO_1, M_REPO_2, M_REPO_3, M_SA1_3_1, M_SA1_3_2, M_SA1_3_3, M_SA1_3_4, M_SA1_3_5, M_SA1_3_6, M_SA1_3_7, OUTCOMES,
};
use crate::frame::name;
use crate::paper::data::{Ageing, EmergencyRow, Figure, QualityRow, Rollouts, SummaryRow};
use crate::report::MonthReport;
use crate::spread::Distribution;
use crate::table::ALL;

/// A line of the summary: its metric, what it is called, where it is found.
type Line = (&'static str, &'static str, fn(&MonthReport) -> Figure);

/// The ten metrics of the specification in its order, and what else a month is asked for first.
const LINES: [Line; 14] = [
    (M_REPO_1, "releases delivered", |month| counted(total(month, M_REPO_1, name::DELIVERED))),
    (M_REPO_2, "releases that passed verification", |month| counted(total(month, M_REPO_2, name::VERIFIED))),
    (M_REPO_3, "releases that passed staged rollout", |month| counted(total(month, M_REPO_3, name::ACCEPTED))),
    (M_SA1_3_1, "early-adopter teams per release, mean", |month| mean(&month.teams_per_release.teams)),
    (M_SA1_3_2, "staged rollouts with success", |month| counted(total(month, M_SA1_3_2, name::SUCCESSES))),
    (M_SA1_3_3, "staged rollouts with reject", |month| counted(total(month, M_SA1_3_3, name::REJECTS))),
    (M_SA1_3_4, "time from staged rollout to accepted, median", |month| median(&month.rollout_time.seconds)),
    (M_SA1_3_5, "time from accepted to report, median", |month| median(&month.report_delay.seconds)),
    (M_SA1_3_6, "early-adopter teams that reported", |month| counted(reporting(month, M_SA1_3_6, name::RELEASES))),
    (M_SA1_3_7, "NGIs that reported", |month| counted(reporting(month, M_SA1_3_7, name::PARTICIPATIONS))),
    ("", "releases rejected, in any phase", |month| counted(total(month, OUTCOMES, name::REJECTED))),
    ("", "phases skipped by emergencies", |month| {
        counted(total(month, M_REPO_2, name::EMERGENCY_SKIPS) + total(month, M_REPO_3, name::EMERGENCY_SKIPS))
    }),
    ("", "requests refused or failed", |month| {
        counted(total(month, OUTCOMES, name::REFUSED_REQUESTS) + total(month, OUTCOMES, name::FAILED_REQUESTS))
    }),
    ("", "releases in work at the month's end", |month| {
        counted(month.flow.iter().filter(|row| !row.state.is_terminal()).map(|row| row.wip_end).sum())
    }),
];

fn counted(value: u64) -> Figure {
    Figure::Count { value }
}

/// How many rows of a table have a count.
fn reporting(month: &MonthReport, metric: &str, column: &str) -> u64 {
    let named = month.table(metric).into_iter().flat_map(|table| {
        table.rows.iter().filter(|row| row.name != ALL && table.count(&row.name, column).unwrap_or(0) > 0)
    });
    u64::try_from(named.count()).unwrap_or(u64::MAX)
}

fn mean(numbers: &Distribution) -> Figure {
    match numbers.mean_hundredths() {
        Some(hundredths) => Figure::Mean { hundredths, n: numbers.n },
        None => Figure::TooFew { n: 0 },
    }
}

fn median(durations: &Distribution) -> Figure {
    match durations.spread.percentiles() {
        Some([seconds, ..]) => Figure::Median { seconds, n: durations.n },
        None => Figure::TooFew { n: durations.n },
    }
}

pub(super) fn rows(story: &Story<'_>) -> Vec<SummaryRow> {
    let month = story.month.month;
    let row = |(id, label, find): Line| {
        let figure = |month: Month| story.month(month).map_or(Figure::Unknown, find);
        SummaryRow {
            id: id.to_owned(),
            label: label.to_owned(),
            this_month: figure(month),
            last_month: figure(month.previous()),
            year_ago: figure(year_before(month)),
        }
    };
    LINES.into_iter().map(row).collect()
}

pub(super) fn headlines(story: &Story<'_>, rollouts: &Rollouts, ageing: &Ageing) -> Vec<String> {
    let report = story.month;
    let name = super::month_name(report.month).name;
    let delivered = total(report, M_REPO_1, name::DELIVERED);
    let verified = total(report, M_REPO_2, name::VERIFIED);
    let accepted = total(report, M_REPO_3, name::ACCEPTED);
    let rejected = total(report, OUTCOMES, name::REJECTED);
    let mut sentences = vec![match delivered {
        0 => format!("No release was delivered in {name}."),
        1 => format!("One release was delivered in {name}."),
        n => format!("{n} releases were delivered in {name}."),
    }];
    if verified + accepted + rejected > 0 {
        sentences.push(format!(
            "{verified} passed quality verification, {accepted} passed staged rollout, {rejected} {} rejected.",
            if rejected == 1 { "was" } else { "were" }
        ));
    }
    if let Some(spread) = rollouts.in_month.spread {
        sentences.push(format!(
            "Half of the {} staged rollouts that ended in production took {} days or less.",
            rollouts.in_month.n,
            tenths_of_days(spread.median)
        ));
    }
    sentences.push(waiting(ageing));
    sentences
}

/// How many tickets a sentence names.
const NAMED: usize = 6;

pub(super) fn attention(
    ageing: &Ageing,
    emergencies: &[EmergencyRow],
    quality: &[QualityRow],
    restatements: usize,
) -> Vec<String> {
    let mut sentences = Vec::new();
    for limit in ageing.limits.iter().filter(|limit| limit.over > 0) {
        let late = ageing.rows.iter().filter(|row| row.over && row.state == limit.state);
        let tickets = name_tickets(&late.map(|row| row.ticket).collect::<Vec<_>>());
        sentences.push(format!("In {} for more than {}: {tickets}.", limit.state, limit.limit));
    }
    if !emergencies.is_empty() {
        let tickets = name_tickets(&emergencies.iter().map(|row| row.ticket).collect::<Vec<_>>());
        sentences.push(format!("A phase was skipped as an emergency: {tickets}."));
    }
    match restatements {
        0 => {}
        1 => sentences.push("One figure of a closed month has changed: see Restatements.".to_owned()),
        n => sentences.push(format!("{n} figures of closed months have changed: see Restatements.")),
    }
    let odd: u64 = quality.iter().map(|row| row.count).sum();
    if odd > 0 {
        let kinds = quality.iter().map(|row| row.problem.as_str()).collect::<Vec<_>>().join(", ");
        let times = if odd == 1 { "One oddity".to_owned() } else { format!("{odd} oddities") };
        sentences.push(format!("{times} in the log: {kinds}."));
    }
    sentences
}

/// `ticket 7`, `tickets 7, 9`, or the first of many.
fn name_tickets(tickets: &[u64]) -> String {
    let named = tickets.iter().take(NAMED).map(u64::to_string).collect::<Vec<_>>().join(", ");
    match tickets.len() {
        1 => format!("ticket {named}"),
        n if n > NAMED => format!("tickets {named} and {} more", n - NAMED),
        _ => format!("tickets {named}"),
    }
}

fn waiting(ageing: &Ageing) -> String {
    let over = ageing.rows.iter().filter(|row| row.over).count();
    let of_them = match over {
        0 => "none waits longer than its service limit".to_owned(),
        1 => "one waits longer than its service limit".to_owned(),
        n => format!("{n} wait longer than their service limit"),
    };
    match ageing.rows.len() {
        0 => "Nothing was in work at its end.".to_owned(),
        1 if over == 0 => "One release was in work at its end, within its service limit.".to_owned(),
        1 => "One release was in work at its end, longer than its service limit.".to_owned(),
        n => format!("{n} releases were in work at its end; {of_them}."),
    }
}

/// Days with one decimal, rounded half up.
fn tenths_of_days(seconds: u64) -> String {
    let tenths = (seconds * 10 + 43_200) / 86_400;
    format!("{}.{}", tenths / 10, tenths % 10)
}
