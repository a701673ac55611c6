//! What is told one by one: rejects, emergencies, restatements, what is odd, and what each number means.

use serde::Serialize;

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
