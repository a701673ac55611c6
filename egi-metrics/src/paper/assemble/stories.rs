//! Releases told one by one: those rejected, and those that skipped a phase as emergencies.

use std::collections::BTreeMap;

use super::{Story, day};
use crate::catalog::{M_REPO_2, M_REPO_3, OUTCOMES};
use crate::facts::TransitionFact;
use crate::frame::name;
use crate::paper::data::{EmergencyRow, ReasonRow, RejectRow, Rejects};

pub(super) fn rejects(story: &Story<'_>) -> Rejects {
    let releases: Vec<RejectRow> = told(story, &[(OUTCOMES, name::REJECTED)])
        .into_iter()
        .map(|fact| RejectRow {
            ticket: fact.ticket.get(),
            release: fact.release.clone().unwrap_or_default(),
            provider: fact.provider.clone().unwrap_or_default(),
            from: fact.from.to_string(),
            on: day(fact.at),
            by: fact.by.clone().unwrap_or_default(),
            reason: String::new(),
        })
        .collect();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for release in &releases {
        *reasons.entry(&release.reason).or_default() += 1;
    }
    let mut reasons: Vec<ReasonRow> =
        reasons.into_iter().map(|(reason, releases)| ReasonRow { reason: reason.to_owned(), releases }).collect();
    reasons.sort_by(|a, b| b.releases.cmp(&a.releases).then_with(|| a.reason.cmp(&b.reason)));
    Rejects { reasons, releases }
}

pub(super) fn emergencies(story: &Story<'_>) -> Vec<EmergencyRow> {
    told(story, &[(M_REPO_2, name::EMERGENCY_SKIPS), (M_REPO_3, name::EMERGENCY_SKIPS)])
        .into_iter()
        .map(|fact| EmergencyRow {
            ticket: fact.ticket.get(),
            release: fact.release.clone().unwrap_or_default(),
            provider: fact.provider.clone().unwrap_or_default(),
            way: format!("{} → {}", fact.from, fact.to),
            on: day(fact.at),
            approved_by: fact.by.clone().unwrap_or_default(),
            reason: String::new(),
        })
        .collect()
}

/// The records behind cells of the month, in the log's order, each once.
fn told<'a>(story: &Story<'a>, cells: &[(&str, &str)]) -> Vec<&'a TransitionFact> {
    let records = cells.iter().flat_map(|(metric, column)| story.report.records(metric, column)).copied();
    let records: std::collections::BTreeSet<u64> = records.collect();
    let mut facts: Vec<&TransitionFact> =
        story.facts.transitions.iter().filter(|fact| records.contains(&fact.seq)).collect();
    facts.sort_by_key(|fact| fact.seq);
    facts.dedup_by_key(|fact| fact.seq);
    facts
}
