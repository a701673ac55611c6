//! How long staged rollouts took (M.SA1.3-4), and how long their reports were waited for (M.SA1.3-5).

use super::Story;
use crate::paper::data::{ReportDelays, RolloutPoint, Rollouts, SpreadValues, Times, UnreportedRow};
use crate::rollout::Publication;
use crate::spread::Distribution;

pub(super) fn of(story: &Story<'_>) -> Rollouts {
    let passages = story.report.months.iter().flat_map(|month| story.report.passages(month.month));
    let points = passages.filter_map(|passage| {
        let (ticket, at) = (passage.release.ticket.get(), passage.accepted.timestamp());
        Some(RolloutPoint { ticket, at, seconds: passage.seconds? })
    });
    let mut points: Vec<RolloutPoint> = points.collect();
    points.sort_by_key(|point| (point.at, point.ticket));
    let all = Distribution::of(points.iter().map(|point| point.seconds).collect());
    Rollouts { spread: times(&all).spread, in_month: times(&story.month.rollout_time.seconds), points }
}

pub(super) fn delays(story: &Story<'_>) -> ReportDelays {
    let delay = &story.month.report_delay;
    let publications = story.report.publications(story.month.month);
    let mut unreported: Vec<UnreportedRow> = publications.iter().filter_map(unreported).collect();
    unreported.sort_by_key(|row| (std::cmp::Reverse(row.seconds), row.ticket));
    ReportDelays { times: times(&delay.seconds), before_acceptance: delay.before_acceptance, unreported }
}

fn unreported(publication: &Publication) -> Option<UnreportedRow> {
    Some(UnreportedRow {
        ticket: publication.release.ticket.get(),
        release: publication.release.release.clone().unwrap_or_default(),
        provider: publication.release.provider.clone().unwrap_or_default(),
        accepted: super::day(publication.accepted),
        seconds: publication.age_seconds?,
    })
}

/// Durations as the pages show them.
pub(super) fn times(durations: &Distribution) -> Times {
    let listed = match &durations.spread {
        crate::Spread::Listed(values) => values.clone(),
        crate::Spread::Percentiles { .. } => Vec::new(),
    };
    Times {
        n: durations.n,
        spread: durations.spread.percentiles().map(|[median, p85, p95]| SpreadValues { median, p85, p95 }),
        listed,
        mean: durations.mean(),
        min: durations.min,
        max: durations.max,
    }
}
