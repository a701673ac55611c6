//! How long things took, and how long they wait.

use serde::Serialize;

use super::MonthName;

/// How long staged rollouts took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rollouts {
    /// Every release that reached production in the thirteen months, in the order of that.
    pub points: Vec<RolloutPoint>,
    /// Over the thirteen months; `None` with fewer than five releases.
    pub spread: Option<SpreadValues>,
    /// Those of the month alone.
    pub in_month: Times,
}

/// One release that reached production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RolloutPoint {
    /// Its ticket.
    pub ticket: u64,
    /// When it reached production, in seconds since 1970.
    pub at: i64,
    /// Seconds from its first entry into staged rollout.
    pub seconds: u64,
}

/// Percentiles of durations, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SpreadValues {
    /// Half took no longer.
    pub median: u64,
    /// 85 % took no longer.
    pub p85: u64,
    /// 95 % took no longer.
    pub p95: u64,
}

/// Durations, summed up where there are enough of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Times {
    /// How many.
    pub n: u64,
    /// From five on.
    pub spread: Option<SpreadValues>,
    /// With fewer than five: the durations in seconds, shortest first.
    pub listed: Vec<u64>,
    /// The mean, in seconds.
    pub mean: Option<u64>,
    /// The shortest, in seconds.
    pub min: Option<u64>,
    /// The longest, in seconds.
    pub max: Option<u64>,
}

/// How long reports on staged rollouts were waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportDelays {
    /// From acceptance to the report, in the month.
    pub times: Times,
    /// Those of them whose report came before acceptance, and which count as 0 seconds.
    pub before_acceptance: u64,
    /// Accepted releases without a report at the month's end, the longest first.
    pub unreported: Vec<UnreportedRow>,
}

/// An accepted release without a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreportedRow {
    /// Its ticket.
    pub ticket: u64,
    /// Product and version; empty while unknown.
    pub release: String,
    /// The technology provider; empty while unknown.
    pub provider: String,
    /// When it was accepted, such as `2026-10-30`.
    pub accepted: String,
    /// Seconds since then.
    pub seconds: u64,
}

/// How long releases were in a state that they left in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateTimes {
    /// The state.
    pub state: String,
    /// How long.
    pub times: Times,
    /// Their stays in it.
    pub stays: u64,
    /// Releases in it at the month's end.
    pub open: u64,
    /// The age of the oldest of them, in seconds.
    pub oldest_seconds: Option<u64>,
}

/// The cumulative flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// The places in time: the beginning of the first month and the end of each.
    pub months: Vec<MonthName>,
    /// From the one nearest to the end of a release's way to the one nearest to its beginning.
    pub bands: Vec<Band>,
    /// The month's row of each state.
    pub rows: Vec<FlowLine>,
}

/// Releases in a state, or that left the workflow since the first month began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Band {
    /// The state or outcome.
    pub name: String,
    /// At the beginning of the first month and at the end of each month.
    pub counts: Vec<u64>,
}

/// What came into a state and what left it in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowLine {
    /// The state.
    pub state: String,
    /// Releases in it when the month began.
    pub start: u64,
    /// Stays begun.
    pub entries: u64,
    /// Stays ended.
    pub exits: u64,
    /// Releases in it when the month ended.
    pub end: u64,
    /// What the others do not explain.
    pub unexplained: i64,
}

/// What waits at the month's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ageing {
    /// Oldest first.
    pub rows: Vec<AgeingRow>,
    /// The limits that hold.
    pub limits: Vec<LimitRow>,
}

/// A release that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgeingRow {
    /// Its ticket.
    pub ticket: u64,
    /// Product and version; empty while unknown.
    pub release: String,
    /// The technology provider; empty while unknown.
    pub provider: String,
    /// The state.
    pub state: String,
    /// Since when, such as `2026-10-30`.
    pub since: String,
    /// Seconds in the state.
    pub seconds: u64,
    /// Whether it waits longer than the limit of the state.
    pub over: bool,
}

/// A state's service limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitRow {
    /// The state.
    pub state: String,
    /// Such as `5 working days`.
    pub limit: String,
    /// The same in seconds, as the chart draws it: a working day counts as 7/5 of a day, a month as 30 days.
    pub seconds: u64,
    /// Releases in the state.
    pub open: u64,
    /// Those that wait longer.
    pub over: u64,
}
