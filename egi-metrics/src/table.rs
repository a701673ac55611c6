//! Counted tables: by technology provider, team or NGI, and the flow through the states.

use std::collections::BTreeSet;

use egi_model::rollout::RolloutState;

use crate::carry::Handover;
use crate::catalog::MetricSpec;
use crate::columns::FactColumns;
use crate::tally::Tally;
use crate::trace::{Cell, Row};

/// The row over the rows above it: their sum, if not said otherwise. It is there in an empty month too.
pub const ALL: &str = "(all)";
/// The row of what the facts name no provider, team or NGI for.
pub const UNKNOWN: &str = "(unknown)";

/// A metric's counts in a month, one row per technology provider, team or NGI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountTable {
    /// The metric, which names the columns.
    pub metric: &'static MetricSpec,
    /// By name, and last [`ALL`].
    pub rows: Vec<CountRow>,
}

/// The counts of one technology provider, team or NGI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRow {
    /// Its name, or [`UNKNOWN`], or [`ALL`].
    pub name: String,
    /// In the order of [`MetricSpec::counts`].
    pub counts: Vec<u64>,
}

impl CountTable {
    /// A month's table from what was counted; `rows` are those that have a count.
    pub(crate) fn arrange(
        metric: &'static MetricSpec,
        tally: &Tally,
        month: usize,
        rows: &BTreeSet<Row>,
        facts: &FactColumns,
    ) -> Self {
        let cells: Vec<Option<Cell>> =
            metric.counts().iter().map(|column| Cell::find(metric.id, column.name)).collect();
        let counts = |row: Row| -> Vec<u64> {
            let count = |cell: &Option<Cell>| cell.map_or(0, |cell| tally.trace.number(cell, month, row));
            cells.iter().map(count).collect()
        };
        let named = rows.iter().filter(|row| **row != Row::All);
        let mut table: Vec<CountRow> =
            named.map(|row| CountRow { name: row.show(facts).to_owned(), counts: counts(*row) }).collect();
        table.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let nothing = vec![0; cells.len()];
        let mut all = table.iter().fold(nothing, |sum, row| sum.iter().zip(&row.counts).map(|(a, b)| a + b).collect());
        for (sum, counted) in all.iter_mut().zip(counts(Row::All)).filter(|(_, counted)| *counted > 0) {
            *sum = counted;
        }
        table.push(CountRow { name: ALL.to_owned(), counts: all });
        Self { metric, rows: table }
    }

    /// The count of a row in a column; 0 for a name without a row, `None` for an unknown column.
    #[must_use]
    pub fn count(&self, name: &str, column: &str) -> Option<u64> {
        let index = self.metric.counts().iter().position(|spec| spec.name == column)?;
        let row = self.rows.iter().find(|row| row.name == name);
        Some(row.and_then(|row| row.counts.get(index)).copied().unwrap_or(0))
    }

    /// The count of a column over all rows; `None` for an unknown column.
    #[must_use]
    pub fn total(&self, column: &str) -> Option<u64> {
        self.count(ALL, column)
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
    /// A month's rows; `month` is a place in the window. What is in a state that nothing leaves goes on from what was
    /// handed over.
    pub(crate) fn arrange(tally: &Tally, month: usize, handover: Option<&Handover>) -> Vec<Self> {
        let settled = |state: RolloutState, bound: usize| match handover {
            None => tally.settled(state, bound),
            Some(Handover { carried, .. }) => {
                (carried.settled(state) + tally.settled(state, bound)).saturating_sub(tally.handed(state))
            }
        };
        let row = |state: RolloutState| {
            let count = |cell| tally.trace.number(cell, month, Row::In(state));
            let (wip_start, wip_end) = if state.is_terminal() {
                (settled(state, month), settled(state, month + 1))
            } else {
                (count(Cell::WipStart), count(Cell::WipEnd))
            };
            Self { state, wip_start, entries: count(Cell::Entries), exits: count(Cell::Exits), wip_end }
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
