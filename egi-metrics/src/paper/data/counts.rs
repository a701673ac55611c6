//! What was counted in the month, and in the months before.

use serde::Serialize;

use super::MonthName;

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
