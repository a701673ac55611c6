//! What the pages show: the content of a report on paper, which goes to the template as one JSON document.
//!
//! Numbers stay numbers and durations stay seconds: how they are written is the template's business. The names of the
//! fields are what a template relies on.

use serde::Serialize;

/// The content of a month's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportData {
    /// Whose report it is.
    pub site: String,
    /// The month.
    pub month: MonthName,
    /// The month before.
    pub last_month: MonthName,
    /// The same month of the year before.
    pub year_ago: MonthName,
    /// Until when the log was read, such as `2026-12-01 00:00 UTC`.
    pub read_until: String,
    /// Whether the month is over, so that its numbers can still change by corrections alone.
    pub complete: bool,
    /// When the month was closed; `None` while it is open.
    pub closed: Option<String>,
    /// Whether the log has nothing at all.
    pub log_is_empty: bool,
    /// The first month the log knows of, if it is later than the first the report looks back on: those before have no
    /// numbers.
    pub log_begins: Option<String>,
    /// The version of the definitions.
    pub definitions_version: u32,
    /// The month in sentences.
    pub headlines: Vec<String>,
    /// What needs attention, in sentences.
    pub attention: Vec<String>,
    /// The table of the summary page.
    pub summary: Vec<SummaryRow>,
    /// Thirteen months, oldest first, the report's month last.
    pub throughput: Vec<MonthCounts>,
    /// The month by technology provider.
    pub providers: Vec<ProviderCounts>,
    /// How long staged rollouts took.
    pub rollouts: Rollouts,
    /// How long reports on staged rollouts were waited for.
    pub reports: ReportDelays,
    /// How long releases were in each state.
    pub states: Vec<StateTimes>,
    /// Releases in each state at the end of each of the thirteen months.
    pub flow: Flow,
    /// What waits at the month's end.
    pub ageing: Ageing,
    /// Early adopter × month.
    pub adopters: Matrix,
    /// NGI × month.
    pub ngis: Matrix,
    /// Releases rejected in the month.
    pub rejects: Rejects,
    /// Releases that went another way as emergencies in the month.
    pub emergencies: Vec<EmergencyRow>,
    /// Releases accepted in the month without the evidence that was asked for.
    pub overrides: Vec<EmergencyRow>,
    /// Changes to the figures of closed months.
    pub restatements: Vec<RestatementRow>,
    /// What is odd in the log.
    pub quality: Vec<QualityRow>,
    /// The rules for every metric.
    pub rules: Vec<RuleText>,
    /// The metrics.
    pub definitions: Vec<DefinitionText>,
}

/// A month in the spellings that pages use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthName {
    /// Such as `2026-11`.
    pub id: String,
    /// Such as `November 2026`.
    pub name: String,
    /// Such as `Nov`.
    pub short: String,
    /// Such as `2026`.
    pub year: String,
}

/// One figure in the three months that are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SummaryRow {
    /// The metric's id.
    pub id: String,
    /// What is counted or measured.
    pub label: String,
    /// In the month.
    pub this_month: Figure,
    /// In the month before.
    pub last_month: Figure,
    /// In the same month of the year before.
    pub year_ago: Figure,
}

/// A number of the summary, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Figure {
    /// A count.
    Count {
        /// How many.
        value: u64,
    },
    /// A mean of counts, with the number behind it.
    Mean {
        /// The mean, in hundredths.
        hundredths: u64,
        /// Of how many.
        n: u64,
    },
    /// A median duration, with the number behind it.
    Median {
        /// In seconds.
        seconds: u64,
        /// Of how many.
        n: u64,
    },
    /// Too few for a median.
    TooFew {
        /// How many there are.
        n: u64,
    },
    /// The log does not reach that far, or has no such records.
    Unknown,
}

/// The four counts that the throughput charts show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthCounts {
    /// The month.
    pub month: MonthName,
    /// Whether the log knows of the month.
    pub known: bool,
    /// Releases delivered.
    pub delivered: u64,
    /// Releases that passed verification.
    pub verified: u64,
    /// Releases that reached production by staged rollout.
    pub accepted: u64,
    /// Releases rejected.
    pub rejected: u64,
}

/// A technology provider's counts in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderCounts {
    /// The provider, or the row that sums them up.
    pub provider: String,
    /// Whether it is the row that sums them up.
    pub total: bool,
    /// Releases delivered.
    pub delivered: u64,
    /// Releases that passed verification.
    pub verified: u64,
    /// Releases that reached production by staged rollout.
    pub accepted: u64,
    /// Releases that skipped a phase as emergencies.
    pub emergency_skips: u64,
    /// Releases rejected.
    pub rejected: u64,
    /// Releases ignored or not published.
    pub dropped: u64,
}

impl ProviderCounts {
    /// Whether anything was counted.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.delivered + self.verified + self.accepted + self.emergency_skips + self.rejected + self.dropped > 0
    }
}

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

/// Participations by row and month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// The months, oldest first.
    pub months: Vec<MonthName>,
    /// By name.
    pub rows: Vec<MatrixRow>,
    /// The largest number in it.
    pub most: u64,
}

/// One early adopter or NGI.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatrixRow {
    /// Its name.
    pub name: String,
    /// What it belongs to: a team's NGI.
    pub of: String,
    /// Participations with an outcome, in each month.
    pub counts: Vec<u64>,
    /// Invitations in those months that it never answered.
    pub silent: u64,
    /// Whether it was invited and answered none.
    pub never: bool,
}

/// Releases rejected in the month.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rejects {
    /// Reasons, the most frequent first.
    pub reasons: Vec<ReasonRow>,
    /// The releases, in the order they were rejected.
    pub releases: Vec<RejectRow>,
}

/// How often a reason was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// The reason, as it was written.
    pub reason: String,
    /// How many releases were rejected for it.
    pub releases: u64,
}

/// A release rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RejectRow {
    /// Its ticket.
    pub ticket: u64,
    /// Product and version; empty while unknown.
    pub release: String,
    /// The technology provider; empty while unknown.
    pub provider: String,
    /// The state it was rejected from.
    pub from: String,
    /// When, such as `2026-10-30`.
    pub on: String,
    /// Who asked for it; empty where the log does not say.
    pub by: String,
    /// Why; empty where the log does not say.
    pub reason: String,
}

/// A release that skipped a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmergencyRow {
    /// Its ticket.
    pub ticket: u64,
    /// Product and version; empty while unknown.
    pub release: String,
    /// The technology provider; empty while unknown.
    pub provider: String,
    /// From where to where, such as `Unverified → Production`.
    pub way: String,
    /// When, such as `2026-10-30`.
    pub on: String,
    /// Who asked for it; empty where the log does not say.
    pub approved_by: String,
    /// Why; empty where the log does not say.
    pub reason: String,
}

/// A changed figure of a closed month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestatementRow {
    /// The month, such as `2026-09`.
    pub month: String,
    /// The metric.
    pub metric: String,
    /// The cell: row and column.
    pub cell: String,
    /// As it was reported.
    pub before: String,
    /// As it is now.
    pub now: String,
    /// Why it changed.
    pub reason: String,
}

/// A kind of oddity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QualityRow {
    /// The word in `data-quality.csv`.
    pub problem: String,
    /// What the numbers make of it.
    pub effect: String,
    /// How often it occurs.
    pub count: u64,
    /// The tickets, ascending.
    pub tickets: Vec<u64>,
}

/// A rule for every metric.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleText {
    /// In a few words.
    pub title: String,
    /// The rule.
    pub text: String,
}

/// A metric's definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DefinitionText {
    /// The metric's id.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// The counting rule.
    pub text: String,
    /// What is counted or measured.
    pub unit: String,
    /// Its file.
    pub file: String,
}
