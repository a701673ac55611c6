//! What the pages show: the content of a report on paper, which goes to the template as one JSON document.
//!
//! Numbers stay numbers and durations stay seconds: how they are written is the template's business. The names of the
//! fields are what a template relies on.

mod counts;
mod stories;
mod times;

use serde::Serialize;

pub use counts::{Figure, Matrix, MatrixRow, MonthCounts, ProviderCounts, SummaryRow};
pub use stories::{DefinitionText, EmergencyRow, QualityRow, ReasonRow, RejectRow, Rejects, RestatementRow, RuleText};
pub use times::{
    Ageing, AgeingRow, Band, Flow, FlowLine, LimitRow, ReportDelays, RolloutPoint, Rollouts, SpreadValues, StateTimes,
    Times, UnreportedRow,
};

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
