//! Counted tables: by technology provider, and the flow through the states.

use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use polars::prelude::Column;

use crate::catalog::{FLOW, MetricSpec};
use crate::count::Counts;
use crate::error::MetricsError;
use crate::frame::{self, name};

/// The row that sums the rows above it. It is there in an empty month too.
pub const ALL_PROVIDERS: &str = "(all)";
/// The row of what the log names no provider for.
pub const UNKNOWN_PROVIDER: &str = "(unknown)";

/// A metric's counts in a month, one row per technology provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderTable {
    /// The metric, which names the columns.
    pub metric: &'static MetricSpec,
    /// By provider, and last [`ALL_PROVIDERS`].
    pub rows: Vec<ProviderRow>,
}

/// The counts of one technology provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// Its name, or [`UNKNOWN_PROVIDER`], or [`ALL_PROVIDERS`].
    pub provider: String,
    /// In the order of [`MetricSpec::counts`].
    pub counts: Vec<u64>,
}

impl ProviderTable {
    pub(crate) fn arrange(metric: &'static MetricSpec, counts: &Counts) -> Self {
        let columns: Vec<&str> = metric.counts().iter().map(|column| column.name).collect();
        let row = |provider: &str| columns.iter().map(|column| counts.get(metric.id, provider, column)).collect();
        let mut rows: Vec<ProviderRow> = counts
            .rows(metric.id)
            .into_iter()
            .map(|provider| ProviderRow { provider: provider.to_owned(), counts: row(provider) })
            .collect();
        let nothing = vec![0; columns.len()];
        let sum = rows.iter().fold(nothing, |sum, row| sum.iter().zip(&row.counts).map(|(a, b)| a + b).collect());
        rows.push(ProviderRow { provider: ALL_PROVIDERS.to_owned(), counts: sum });
        Self { metric, rows }
    }

    /// The count of a provider in a column; 0 for a provider without a row, `None` for an unknown column.
    #[must_use]
    pub fn count(&self, provider: &str, column: &str) -> Option<u64> {
        let index = self.metric.counts().iter().position(|spec| spec.name == column)?;
        let row = self.rows.iter().find(|row| row.provider == provider);
        Some(row.and_then(|row| row.counts.get(index)).copied().unwrap_or(0))
    }

    /// The count of a column over all providers; `None` for an unknown column.
    #[must_use]
    pub fn total(&self, column: &str) -> Option<u64> {
        self.count(ALL_PROVIDERS, column)
    }

    pub(crate) fn render(&self, month: Month) -> Result<Vec<u8>, MetricsError> {
        let mut columns = vec![
            frame::text(name::MONTH, &self.rows, |_| Some(month.to_string())),
            frame::text(name::PROVIDER, &self.rows, |row| Some(row.provider.clone())),
        ];
        let counts = self.metric.counts().iter().enumerate();
        columns
            .extend(counts.map(|(at, spec)| frame::number(spec.name, &self.rows, |row| row.counts.get(at).copied())));
        frame::render_csv(self.metric.file, columns)
    }
}

/// What came into a state in a month, what left it, and what was in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowRow {
    /// The state.
    pub state: RolloutState,
    /// Releases in it when the month began.
    pub wip_start: u64,
    /// Stays begun in the month.
    pub entries: u64,
    /// Stays ended in the month.
    pub exits: u64,
    /// Releases in it when the month ended.
    pub wip_end: u64,
}

impl FlowRow {
    pub(crate) fn arrange(counts: &Counts) -> Vec<Self> {
        let row = |state: RolloutState| {
            let count = |column| counts.get(FLOW, state.as_str(), column);
            Self {
                state,
                wip_start: count(name::WIP_START),
                entries: count(name::ENTRIES),
                exits: count(name::EXITS),
                wip_end: count(name::WIP_END),
            }
        };
        RolloutState::ALL.map(row).to_vec()
    }

    /// What is at the end beyond start + entries − exits: 0, unless the log has impossible times.
    ///
    /// Work in progress is not computed from entries and exits but counted on its own, so this can show an error.
    #[must_use]
    pub fn unexplained(&self) -> i64 {
        let [start, entries, exits, end] = [self.wip_start, self.entries, self.exits, self.wip_end]
            .map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        end.saturating_add(exits).saturating_sub(start.saturating_add(entries))
    }
}

pub(crate) fn render_flow(month: Month, rows: &[FlowRow]) -> Result<Vec<u8>, MetricsError> {
    let unexplained: Vec<i64> = rows.iter().map(FlowRow::unexplained).collect();
    let columns = vec![
        frame::text(name::MONTH, rows, |_| Some(month.to_string())),
        frame::text(name::STATE, rows, |row| Some(row.state.to_string())),
        frame::number(name::WIP_START, rows, |row| Some(row.wip_start)),
        frame::number(name::ENTRIES, rows, |row| Some(row.entries)),
        frame::number(name::EXITS, rows, |row| Some(row.exits)),
        frame::number(name::WIP_END, rows, |row| Some(row.wip_end)),
        Column::new(name::UNEXPLAINED.into(), unexplained),
    ];
    frame::render_csv("flow.csv", columns)
}
