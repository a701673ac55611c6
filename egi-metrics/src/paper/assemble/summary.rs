//! The summary: one table of three months, and the month in sentences.

use egi_model::month::Month;

use super::{Story, total, year_before};
use crate::catalog::{M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES};
use crate::frame::name;
use crate::paper::data::{Ageing, EmergencyRow, Figure, QualityRow, Rollouts, SummaryRow};
use crate::report::MonthReport;

/// A count of the summary: its metric, what it is called, where it is found.
type Line = (&'static str, &'static str, fn(&MonthReport) -> u64);

const LINES: [Line; 7] = [
    (M_REPO_1, "releases delivered", |report| total(report, M_REPO_1, name::DELIVERED)),
    (M_REPO_2, "releases that passed verification", |report| total(report, M_REPO_2, name::VERIFIED)),
    (M_REPO_3, "releases that passed staged rollout", |report| total(report, M_REPO_3, name::ACCEPTED)),
    ("", "releases rejected", |report| total(report, OUTCOMES, name::REJECTED)),
    ("", "phases skipped by emergencies", |report| {
        total(report, M_REPO_2, name::EMERGENCY_SKIPS) + total(report, M_REPO_3, name::EMERGENCY_SKIPS)
    }),
    ("", "requests refused or failed", |report| {
        total(report, OUTCOMES, name::REFUSED_REQUESTS) + total(report, OUTCOMES, name::FAILED_REQUESTS)
    }),
    ("", "releases in work at the month's end", in_work),
];

fn in_work(report: &MonthReport) -> u64 {
    report.flow.iter().filter(|row| !row.state.is_terminal()).map(|row| row.wip_end).sum()
}

pub(super) fn rows(story: &Story<'_>, _rollouts: &Rollouts) -> Vec<SummaryRow> {
    let month = story.report.month;
    let row = |(id, label, count): Line| {
        let figure = |month: Month| {
            story.report_of(month).map_or(Figure::Unknown, |report| Figure::Count { value: count(report) })
        };
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
    let report = story.report;
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

pub(super) fn attention(ageing: &Ageing, emergencies: &[EmergencyRow], quality: &[QualityRow]) -> Vec<String> {
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
