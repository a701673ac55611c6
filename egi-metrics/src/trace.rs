//! The lineage: the ticket and record behind every counted cell, kept cell by cell. A number is how many there are, so
//! that numbers and lineage can not disagree.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::rollout::RolloutState;
use polars::prelude::PlHashMap;

use crate::catalog::id;
use crate::columns::{FactColumns, Name};
use crate::frame::name;
use crate::record::RecordId;
use crate::table::{ALL, UNKNOWN};

/// A counted column of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cell {
    Delivered,
    Created,
    NotDelivered,
    EndedUndelivered,
    Verified,
    VerificationSkipped,
    Accepted,
    RolloutSkipped,
    Rejected,
    Ignored,
    NotPublished,
    FailedRequests,
    RefusedRequests,
    RolloutsEnded,
    TeamsOfReleases,
    RolloutsSucceeded,
    RolloutsRejected,
    RejectedDeferred,
    Timed,
    Untimed,
    Published,
    PublishedBefore,
    Unpublished,
    TeamReleases,
    TeamAccepts,
    TeamWarnings,
    TeamRejects,
    TeamAborts,
    TeamInvited,
    TeamDeclined,
    TeamSilent,
    NgiParticipations,
    NgiReleases,
    WipStart,
    Entries,
    Exits,
    WipEnd,
    Stays,
    LeftOut,
    Open,
}

/// Each counted column with its metric and name in the catalogue.
const CELLS: [(Cell, &str, &str); 40] = [
    (Cell::Delivered, id::M_REPO_1, name::DELIVERED),
    (Cell::Created, id::M_REPO_1, name::CREATED),
    (Cell::NotDelivered, id::M_REPO_1, name::NOT_DELIVERED),
    (Cell::EndedUndelivered, id::M_REPO_1, name::ENDED_UNDELIVERED),
    (Cell::Verified, id::M_REPO_2, name::VERIFIED),
    (Cell::VerificationSkipped, id::M_REPO_2, name::EMERGENCY_SKIPS),
    (Cell::Accepted, id::M_REPO_3, name::ACCEPTED),
    (Cell::RolloutSkipped, id::M_REPO_3, name::EMERGENCY_SKIPS),
    (Cell::Rejected, id::OUTCOMES, name::REJECTED),
    (Cell::Ignored, id::OUTCOMES, name::IGNORED),
    (Cell::NotPublished, id::OUTCOMES, name::NOT_PUBLISHED),
    (Cell::FailedRequests, id::OUTCOMES, name::FAILED_REQUESTS),
    (Cell::RefusedRequests, id::OUTCOMES, name::REFUSED_REQUESTS),
    (Cell::RolloutsEnded, id::M_SA1_3_1, name::RELEASES),
    (Cell::TeamsOfReleases, id::M_SA1_3_1, name::TEAMS),
    (Cell::RolloutsSucceeded, id::M_SA1_3_2, name::SUCCESSES),
    (Cell::RolloutsRejected, id::M_SA1_3_3, name::REJECTS),
    (Cell::RejectedDeferred, id::M_SA1_3_3, name::REJECTED_DEFERRED),
    (Cell::Timed, id::M_SA1_3_4, name::RELEASES),
    (Cell::Untimed, id::M_SA1_3_4, name::LEFT_OUT),
    (Cell::Published, id::M_SA1_3_5, name::PUBLISHED),
    (Cell::PublishedBefore, id::M_SA1_3_5, name::BEFORE_ACCEPTANCE),
    (Cell::Unpublished, id::M_SA1_3_5, name::WITHOUT_REPORT),
    (Cell::TeamReleases, id::M_SA1_3_6, name::RELEASES),
    (Cell::TeamAccepts, id::M_SA1_3_6, name::ACCEPTS),
    (Cell::TeamWarnings, id::M_SA1_3_6, name::WARNINGS),
    (Cell::TeamRejects, id::M_SA1_3_6, name::REJECTS),
    (Cell::TeamAborts, id::M_SA1_3_6, name::ABORTS),
    (Cell::TeamInvited, id::M_SA1_3_6, name::INVITED),
    (Cell::TeamDeclined, id::M_SA1_3_6, name::DECLINED),
    (Cell::TeamSilent, id::M_SA1_3_6, name::NO_ANSWER),
    (Cell::NgiParticipations, id::M_SA1_3_7, name::PARTICIPATIONS),
    (Cell::NgiReleases, id::M_SA1_3_7, name::RELEASES),
    (Cell::WipStart, id::FLOW, name::WIP_START),
    (Cell::Entries, id::FLOW, name::ENTRIES),
    (Cell::Exits, id::FLOW, name::EXITS),
    (Cell::WipEnd, id::FLOW, name::WIP_END),
    (Cell::Stays, id::TIME_IN_STATE, name::STAYS),
    (Cell::LeftOut, id::TIME_IN_STATE, name::LEFT_OUT),
    (Cell::Open, id::TIME_IN_STATE, name::OPEN),
];

impl Cell {
    fn spec(self) -> (&'static str, &'static str) {
        let found = CELLS.iter().find(|(cell, _, _)| *cell == self);
        found.map_or(("", ""), |(_, metric, column)| (*metric, *column))
    }

    /// The metric's name and the column's.
    pub(crate) fn metric(self) -> &'static str {
        self.spec().0
    }

    pub(crate) fn column(self) -> &'static str {
        self.spec().1
    }

    /// A counted column by its names.
    pub(crate) fn find(metric: &str, column: &str) -> Option<Self> {
        CELLS.iter().find(|(_, of, named)| (*of, *named) == (metric, column)).map(|(cell, _, _)| *cell)
    }
}

/// The row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Row {
    /// The row over all others, where it is not their sum.
    All,
    /// A provider, team or NGI.
    Named(Name),
    /// A rollout state.
    In(RolloutState),
}

impl Row {
    /// The row's name in a table.
    pub(crate) fn show(self, facts: &FactColumns) -> &str {
        match self {
            Self::All => ALL,
            Self::Named(Name::NONE) => UNKNOWN,
            Self::Named(name) => facts.names.show(name),
            Self::In(state) => state.as_str(),
        }
    }
}

/// What stands behind a number: a ticket and one of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traced {
    pub(crate) ticket: u64,
    /// [`Traced::NO_RECORD`] for a creation that the log has no record of.
    record: RecordId,
}

impl Traced {
    const NO_RECORD: RecordId = RecordId::of(u16::MAX, RecordId::MAX_NUMBER);

    pub(crate) fn record(self) -> Option<RecordId> {
        (self.record != Self::NO_RECORD).then_some(self.record)
    }

    /// By ticket, then what has no record, then as the log has it.
    fn order(&self) -> (u64, Option<u64>) {
        (self.ticket, self.record().map(RecordId::order))
    }
}

/// A cell of one month's table.
pub(crate) type Key = (Cell, u16, Row);

/// The lineage of the months asked for. Months are places in the window.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    cells: PlHashMap<Key, Vec<Traced>>,
}

impl Trace {
    /// Counts a ticket's record in a cell.
    pub(crate) fn count(&mut self, cell: Cell, month: usize, row: Row, ticket: u64, record: Option<RecordId>) {
        let month = u16::try_from(month).unwrap_or(u16::MAX);
        let traced = Traced { ticket, record: record.unwrap_or(Traced::NO_RECORD) };
        self.cells.entry((cell, month, row)).or_default().push(traced);
    }

    /// Takes over what was counted of later tickets.
    pub(crate) fn append(&mut self, later: Self) {
        for (key, mut traced) in later.cells {
            let known = self.cells.entry(key).or_default();
            if known.is_empty() {
                *known = traced;
            } else {
                known.append(&mut traced);
            }
        }
    }

    /// Puts every cell's tickets in order; they mostly are.
    pub(crate) fn sort(&mut self) {
        for traced in self.cells.values_mut().filter(|traced| !traced.is_sorted_by_key(Traced::order)) {
            traced.sort_by_key(Traced::order);
        }
    }

    /// How many stand behind a cell.
    pub(crate) fn number(&self, cell: Cell, month: usize, row: Row) -> u64 {
        let month = u16::try_from(month).unwrap_or(u16::MAX);
        self.cells.get(&(cell, month, row)).map_or(0, |traced| u64::try_from(traced.len()).unwrap_or(u64::MAX))
    }

    /// The rows that have a count, month by month.
    pub(crate) fn rows(&self) -> BTreeMap<(&'static str, usize), BTreeSet<Row>> {
        let mut rows: BTreeMap<_, BTreeSet<Row>> = BTreeMap::new();
        for (cell, month, row) in self.cells.keys() {
            rows.entry((cell.metric(), usize::from(*month))).or_default().insert(*row);
        }
        rows
    }

    /// Every cell as the file has them: by metric, month, row and column, each as text.
    pub(crate) fn listed<'t>(&'t self, facts: &'t FactColumns) -> Vec<(Key, &'t [Traced])> {
        let mut listed: Vec<_> = self.cells.iter().map(|(key, traced)| (*key, traced.as_slice())).collect();
        listed.sort_by_key(|((cell, month, row), _)| (cell.metric(), *month, row.show(facts), cell.column()));
        listed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::METRICS;

    #[test]
    fn every_counted_column_stands_in_the_catalogue() {
        for (cell, metric, column) in CELLS {
            let spec = METRICS.iter().find(|spec| spec.id == metric).unwrap();
            assert!(spec.columns.iter().any(|known| known.name == column), "{metric} has no column {column}");
            assert_eq!((cell.metric(), cell.column(), Cell::find(metric, column)), (metric, column, Some(cell)));
        }
    }
}
