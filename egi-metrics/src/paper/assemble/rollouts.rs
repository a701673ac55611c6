//! How long staged rollouts took: from the first entry into staged rollout to production.

use std::collections::BTreeMap;

use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use super::Story;
use crate::paper::data::{RolloutPoint, Rollouts, SpreadValues, Times};
use crate::stay::{stays, whole_seconds};
use crate::waiting::Spread;

pub(super) fn of(story: &Story<'_>) -> Rollouts {
    let (Some(first), last) = (story.reports.first(), story.report) else {
        return Rollouts { points: Vec::new(), spread: None, in_month: Times::default() };
    };
    let mut entered = BTreeMap::new();
    let mut points = Vec::new();
    let mut accepted: BTreeMap<TicketId, ()> = BTreeMap::new();
    for stay in stays(story.facts, last.month.end().min(story.facts.as_of)) {
        if stay.state == RolloutState::StageRollout {
            entered.entry(stay.ticket).or_insert(stay.entered);
        }
        if stay.state == RolloutState::Production && accepted.insert(stay.ticket, ()).is_none() {
            let seconds = entered.get(&stay.ticket).and_then(|begin| whole_seconds(*begin, stay.entered));
            points.extend(seconds.map(|seconds| (stay.entered, stay.ticket, seconds)));
        }
    }
    points.retain(|(at, _, _)| *at >= first.month.start() && *at < last.month.end());
    points.sort_unstable();
    let spread_of = |from| {
        let mut seconds: Vec<u64> =
            points.iter().filter(|(at, _, _)| *at >= from).map(|(_, _, seconds)| *seconds).collect();
        seconds.sort_unstable();
        (u64::try_from(seconds.len()).unwrap_or(u64::MAX), Spread::of(seconds))
    };
    let (n, all) = spread_of(first.month.start());
    let (n_month, in_month) = spread_of(last.month.start());
    Rollouts {
        spread: times(n, &all).spread,
        in_month: times(n_month, &in_month),
        points: points
            .into_iter()
            .map(|(at, ticket, seconds)| RolloutPoint { ticket: ticket.get(), at: at.timestamp(), seconds })
            .collect(),
    }
}

/// Durations as the pages show them.
pub(super) fn times(n: u64, spread: &Spread) -> Times {
    match spread {
        Spread::Listed(values) => Times { n, spread: None, listed: values.clone() },
        Spread::Percentiles { median, p85, p95 } => {
            Times { n, spread: Some(SpreadValues { median: *median, p85: *p85, p95: *p95 }), listed: Vec::new() }
        }
    }
}
