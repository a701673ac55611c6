//! Work in progress month by month, as bands of the cumulative flow.

use egi_model::rollout::RolloutState;

use super::{Story, month_name};
use crate::paper::data::{Band, Flow, FlowLine};
use crate::report::MonthReport;
use crate::table::FlowRow;

/// The name of the band of what has left.
const LEFT: &str = "left the workflow";
/// The states, from the end of a release's way to its beginning; what failed stands aside, at the top.
const STATES: [RolloutState; 7] = [
    RolloutState::StageRollout,
    RolloutState::Deferred,
    RolloutState::WaitingForResponse,
    RolloutState::InVerification,
    RolloutState::Unverified,
    RolloutState::Submitted,
    RolloutState::Failed,
];

pub(super) fn of(story: &Story<'_>) -> Flow {
    let before = story.report.months.first().map(|report| report.month.previous());
    let months = before.into_iter().chain(story.report.months.iter().map(|report| report.month)).map(month_name);
    let left = ends(&story.report.months, RolloutState::is_terminal);
    let at_first = left.first().copied().unwrap_or(0);
    let left =
        Band { name: LEFT.to_owned(), counts: left.iter().map(|count| count.saturating_sub(at_first)).collect() };
    let states =
        STATES.map(|state| Band { name: state.to_string(), counts: ends(&story.report.months, |s| s == state) });
    Flow {
        months: months.collect(),
        bands: std::iter::once(left).chain(states).collect(),
        rows: story.month.flow.iter().map(line).collect(),
    }
}

/// Releases in states when the first month begins and when each ends.
fn ends(reports: &[MonthReport], wanted: impl Fn(RolloutState) -> bool) -> Vec<u64> {
    let sum = |report: &MonthReport, count: fn(&FlowRow) -> u64| {
        report.flow.iter().filter(|row| wanted(row.state)).map(count).sum::<u64>()
    };
    let start = reports.first().map(|report| sum(report, |row| row.wip_start));
    start.into_iter().chain(reports.iter().map(|report| sum(report, |row| row.wip_end))).collect()
}

fn line(row: &FlowRow) -> FlowLine {
    FlowLine {
        state: row.state.to_string(),
        start: row.wip_start,
        entries: row.entries,
        exits: row.exits,
        end: row.wip_end,
        unexplained: row.unexplained(),
    }
}
