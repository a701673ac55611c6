//! Releases told one by one: those rejected, and those that skipped a phase as emergencies.

use std::collections::BTreeMap;

use super::{Story, day};
use crate::paper::data::{EmergencyRow, ReasonRow, RejectRow, Rejects};
use crate::rollout::Event;

pub(super) fn rejects(story: &Story<'_>) -> Rejects {
    let releases = in_order(story.report.rejections(story.month.month)).map(|event| RejectRow {
        ticket: event.release.ticket.get(),
        release: event.release.release.unwrap_or_default(),
        provider: event.release.provider.unwrap_or_default(),
        from: event.from.to_string(),
        on: day(event.at),
        by: event.by.unwrap_or_default(),
        reason: event.reasons.unwrap_or_default(),
    });
    let releases: Vec<RejectRow> = releases.collect();
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for release in &releases {
        *counts.entry(&release.reason).or_default() += 1;
    }
    let reasons = counts.into_iter().map(|(reason, releases)| ReasonRow { reason: reason.to_owned(), releases });
    let mut reasons: Vec<ReasonRow> = reasons.collect();
    reasons.sort_by(|a, b| b.releases.cmp(&a.releases).then_with(|| a.reason.cmp(&b.reason)));
    Rejects { reasons, releases }
}

/// As they happened.
fn in_order(mut events: Vec<Event>) -> impl Iterator<Item = Event> {
    events.sort_by_key(|event| (event.at, event.release.ticket));
    events.into_iter()
}

pub(super) fn emergencies(story: &Story<'_>) -> Vec<EmergencyRow> {
    rows(story.report.skips(story.month.month))
}

pub(super) fn overrides(story: &Story<'_>) -> Vec<EmergencyRow> {
    rows(story.report.overrides(story.month.month))
}

fn rows(events: Vec<Event>) -> Vec<EmergencyRow> {
    let rows = in_order(events).map(|event| EmergencyRow {
        ticket: event.release.ticket.get(),
        release: event.release.release.unwrap_or_default(),
        provider: event.release.provider.unwrap_or_default(),
        way: format!("{} → {}", event.from, event.asked),
        on: day(event.at),
        approved_by: event.by.unwrap_or_default(),
        reason: event.reasons.unwrap_or_default(),
    });
    rows.collect()
}
