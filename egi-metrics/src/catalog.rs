//! What each number means, as data: the metrics, the rules behind all of them, the files and their columns.
//!
//! A change of a rule here is a change of every number it touches: raise [`DEFINITIONS_VERSION`] with it.

use crate::frame::name;

mod files;
mod metrics;

pub use files::FILES;
pub use metrics::METRICS;

/// Raised with every change of a rule, and printed beside the numbers.
pub const DEFINITIONS_VERSION: u32 = 2;

/// One metric, or another counted table.
#[derive(Debug, PartialEq, Eq)]
pub struct MetricSpec {
    /// The name in the specification; lower case for tables that it does not name.
    pub id: &'static str,
    /// In a few words.
    pub title: &'static str,
    /// The counting rule.
    pub definition: &'static str,
    /// What is counted or measured.
    pub unit: &'static str,
    /// The sheet it is in: the name of its file, without the ending.
    pub file: &'static str,
    /// How many of the columns name the row.
    pub labels: usize,
    /// The file's columns, in order.
    pub columns: &'static [ColumnSpec],
}

/// One column of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name in the header line.
    pub name: &'static str,
    /// What its values mean.
    pub meaning: &'static str,
}

/// A file of a month's report.
#[derive(Debug, PartialEq, Eq)]
pub struct FileSpec {
    /// The sheet's name: that of the file, without the ending.
    pub name: &'static str,
    /// What is in it.
    pub purpose: &'static str,
    /// Its columns, in order.
    pub columns: &'static [ColumnSpec],
}

/// A rule that binds every metric.
#[derive(Debug, PartialEq, Eq)]
pub struct GroundRule {
    /// In a few words.
    pub title: &'static str,
    /// The rule, with how it is read here.
    pub text: &'static str,
}

impl MetricSpec {
    /// The columns behind those that name the row.
    #[must_use]
    pub fn counts(&self) -> &'static [ColumnSpec] {
        self.columns.get(self.labels..).unwrap_or_default()
    }

    /// Whether its rows are technology providers, teams or NGIs, and all its columns are counts.
    #[must_use]
    pub fn is_counted_by_name(&self) -> bool {
        self.labels > 1 && ![id::FLOW, id::TIME_IN_STATE].contains(&self.id)
    }
}

/// The names of the metrics.
pub(crate) mod id {
    pub(crate) const M_REPO_1: &str = "M.REPO-1";
    pub(crate) const M_REPO_2: &str = "M.REPO-2";
    pub(crate) const M_REPO_3: &str = "M.REPO-3";
    pub(crate) const M_SA1_3_1: &str = "M.SA1.3-1";
    pub(crate) const M_SA1_3_2: &str = "M.SA1.3-2";
    pub(crate) const M_SA1_3_3: &str = "M.SA1.3-3";
    pub(crate) const M_SA1_3_4: &str = "M.SA1.3-4";
    pub(crate) const M_SA1_3_5: &str = "M.SA1.3-5";
    pub(crate) const M_SA1_3_6: &str = "M.SA1.3-6";
    pub(crate) const M_SA1_3_7: &str = "M.SA1.3-7";
    pub(crate) const OUTCOMES: &str = "outcomes";
    pub(crate) const FLOW: &str = "flow";
    pub(crate) const TIME_IN_STATE: &str = "time-in-state";
}

/// The rules that bind every metric, in the order they are numbered.
pub const GROUND_RULES: [GroundRule; 10] = [
    GroundRule {
        title: "Only the log counts",
        text: "Numbers come from the append-only history with the tickets' creation, from the participations of early-adopter teams and from published reports; never from a ticket's current fields. Only performed transitions count (M.REPO-2 also counts a release put in Deferred); failed and refused requests have columns of their own in outcomes.csv. What came first is decided by the record numbers, the month by the record's time. Records of an imported source come before those of the site's own log, sources in the order of their names. A notice that told of no change counts nowhere.",
    },
    GroundRule {
        title: "A month",
        text: "Half-open: from the first day 00:00 to the next month's first day 00:00, in UTC for every site: no time zone can be set, so that the months of two sites are the same months. Instants are known to the microsecond.",
    },
    GroundRule {
        title: "A release",
        text: "One ticket: one product version for one target. Its technology provider is the one named in the record that counts.",
    },
    GroundRule {
        title: "Window independence",
        text: "A month's numbers do not depend on which range was asked for, nor on what happened after the month.",
    },
    GroundRule {
        title: "Conservation",
        text: "For every state, work in progress at the end of a month is that at its start + entries - exits. Work in progress is counted on its own, not computed from the others; flow.csv shows the difference.",
    },
    GroundRule {
        title: "Re-entry",
        text: "A release counts once in each counted column, the first time. A performed transition out of Failed counts as the transition that had been attempted: as one from the state the release stood in before it failed, if the same request failed or was refused since it stood there. Otherwise it counts as one from Failed. A release that swings between InVerification and WaitingForResponse, or is retried, so counts once; time in state sums all its stays, and the number of stays is shown.",
    },
    GroundRule {
        title: "Small numbers",
        text: "With fewer than 5 values no percentile is printed: the values are listed. Percentiles, the median (50 %) among them, are by nearest rank: the value at place n x p / 100, rounded up, in ascending order; it is always a value that occurred.",
    },
    GroundRule {
        title: "Lineage",
        text: "lineage.csv names the ticket and the log record behind every counted cell, and a cell is the number of its rows there. A row (all) is the sum of the rows above it, unless it has rows of its own there. What is in a state that nothing leaves is traced by the entries of all months so far. Durations are traced by the records that ended the stays. A record is written as its number; one of an imported source as source:number. Participations and reports are numbered apart from the log.",
    },
    GroundRule {
        title: "Closed months",
        text: "Closing a month keeps its figures with the digest of the facts they were made from. When facts of a closed month turn up later, the next report lists every changed figure with its old and its new value and the reason, in restatements.csv. Nothing changes silently.",
    },
    GroundRule {
        title: "Bad data",
        text: "Reported in data-quality.csv with ticket and record, never repaired in silence, never fatal.",
    },
];

pub(crate) const MONTH: ColumnSpec = ColumnSpec { name: name::MONTH, meaning: "the month, such as 2026-11" };
pub(crate) const PROVIDER: ColumnSpec = ColumnSpec {
    name: name::PROVIDER,
    meaning: "the technology provider; (unknown) where the log names none, (all) for the sum of the rows above",
};
pub(crate) const STATE: ColumnSpec = ColumnSpec { name: name::STATE, meaning: "the rollout state" };
pub(crate) const TICKET: ColumnSpec = ColumnSpec { name: name::TICKET, meaning: "the release's ticket number" };
pub(crate) const RECORD: ColumnSpec =
    ColumnSpec { name: name::RECORD, meaning: "the log record's number; empty for a creation it has no record of" };
