//! Selects the records behind every cell of every counted table, and counts them.
//!
//! The result is the lineage: one row per cell and record. The counting rules, as [`crate::METRICS`] states them, are
//! the filters in this file and nowhere else.

use std::collections::BTreeMap;

use egi_model::history::Outcome;
use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use polars::prelude::{
    DataFrame, Expr, IntoLazy, LazyFrame, PolarsResult, SortMultipleOptions, UnionArgs, col, concat, len, lit,
};

use crate::catalog::{FLOW, M_REPO_1, M_REPO_2, M_REPO_3, OUTCOMES, TIME_IN_STATE};
use crate::frame::{Frames, micros, name};
use crate::table::UNKNOWN_PROVIDER;

const LINEAGE: [&str; 6] = [name::METRIC, name::MONTH, name::ROW, name::COLUMN, name::TICKET, name::RECORD];

/// The records behind every cell of `months`, sorted.
pub(crate) fn trace(frames: &Frames, months: &[Month]) -> PolarsResult<DataFrame> {
    let sources = Sources { frames, months };
    let mut cells = sources.m_repo_1();
    cells.extend(sources.m_repo_2());
    cells.extend(sources.m_repo_3());
    cells.extend(sources.outcomes());
    cells.extend(sources.flow());
    cells.extend(sources.time_in_state()?);
    concat(cells, UnionArgs::default())?.sort(LINEAGE, SortMultipleOptions::default()).collect()
}

/// The part of the lineage that belongs to one month.
pub(crate) fn of_month(lineage: &DataFrame, month: Month) -> PolarsResult<DataFrame> {
    lineage.clone().lazy().filter(col(name::MONTH).eq(lit(month.to_string()))).collect()
}

/// How many records stand behind each cell of one month.
#[derive(Debug, Default)]
pub(crate) struct Counts(BTreeMap<(String, String, String), u64>);

impl Counts {
    /// Counts the lineage of one month.
    pub(crate) fn of(lineage: &DataFrame) -> PolarsResult<Self> {
        let keys = [col(name::METRIC), col(name::ROW), col(name::COLUMN)];
        let counted = lineage.clone().lazy().group_by(keys).agg([len().alias(name::COUNT)]).collect()?;
        let metrics = counted.column(name::METRIC)?.str()?;
        let rows = counted.column(name::ROW)?.str()?;
        let columns = counted.column(name::COLUMN)?.str()?;
        let counts = counted.column(name::COUNT)?.u32()?;
        let mut cells = BTreeMap::new();
        for (((metric, row), column), count) in metrics.iter().zip(rows.iter()).zip(columns.iter()).zip(counts.iter()) {
            if let (Some(metric), Some(row), Some(column), Some(count)) = (metric, row, column, count) {
                cells.insert((metric.to_owned(), row.to_owned(), column.to_owned()), count.into());
            }
        }
        Ok(Self(cells))
    }

    /// The rows of a metric that have a count.
    pub(crate) fn rows(&self, metric: &str) -> Vec<&str> {
        let mut rows: Vec<&str> = self.0.keys().filter(|key| key.0 == metric).map(|key| key.1.as_str()).collect();
        rows.dedup();
        rows
    }

    /// The count of a cell.
    pub(crate) fn get(&self, metric: &str, row: &str, column: &str) -> u64 {
        self.0.get(&(metric.to_owned(), row.to_owned(), column.to_owned())).copied().unwrap_or(0)
    }
}

/// What the cells are selected from.
struct Sources<'m> {
    frames: &'m Frames,
    months: &'m [Month],
}

impl Sources<'_> {
    fn m_repo_1(&self) -> Vec<LazyFrame> {
        let stood = was(name::STOOD, &[RolloutState::Submitted, RolloutState::Failed]);
        let delivered = self.first(performed(&[RolloutState::Unverified]).and(stood));
        let ended =
            self.first(performed(&RolloutState::ALL.into_iter().filter(|s| s.is_terminal()).collect::<Vec<_>>()));
        let mut cells = vec![
            self.in_months(M_REPO_1, name::DELIVERED, delivered.clone(), col(name::PROVIDER)),
            self.in_months(M_REPO_1, name::CREATED, self.frames.submissions.clone(), lit(UNKNOWN_PROVIDER)),
            self.in_months(
                M_REPO_1,
                name::ENDED_UNDELIVERED,
                self.ended_undelivered(&delivered, &ended),
                col(name::PROVIDER),
            ),
        ];
        cells.extend(self.months.iter().map(|month| self.not_delivered(*month, &delivered, &ended)));
        cells
    }

    /// Created, and ended before any delivery.
    fn ended_undelivered(&self, delivered: &LazyFrame, ended: &LazyFrame) -> LazyFrame {
        let delivery = delivered.clone().select([col(name::TICKET), col(name::RECORD).alias(name::DELIVERED)]);
        ended
            .clone()
            .inner_join(
                self.frames.submissions.clone().select([col(name::TICKET)]),
                col(name::TICKET),
                col(name::TICKET),
            )
            .left_join(delivery, col(name::TICKET), col(name::TICKET))
            .filter(col(name::DELIVERED).is_null().or(col(name::DELIVERED).gt(col(name::RECORD))))
    }

    /// Created by the end of `month`, and by then neither delivered nor ended.
    fn not_delivered(&self, month: Month, delivered: &LazyFrame, ended: &LazyFrame) -> LazyFrame {
        let until = month.to_string();
        let month_of =
            |first: &LazyFrame, column: &str| first.clone().select([col(name::TICKET), col(name::MONTH).alias(column)]);
        let not_yet = |column: &str| col(column).is_null().or(col(column).gt(lit(until.clone())));
        let waiting = self
            .frames
            .submissions
            .clone()
            .left_join(month_of(delivered, name::DELIVERED), col(name::TICKET), col(name::TICKET))
            .left_join(month_of(ended, name::LEFT), col(name::TICKET), col(name::TICKET))
            .filter(col(name::MONTH).lt_eq(lit(until.clone())).and(not_yet(name::DELIVERED)).and(not_yet(name::LEFT)));
        cell(M_REPO_1, name::NOT_DELIVERED, waiting, lit(until), lit(UNKNOWN_PROVIDER), col(name::RECORD))
    }

    fn m_repo_2(&self) -> Vec<LazyFrame> {
        let verification = [RolloutState::InVerification, RolloutState::WaitingForResponse];
        let to_rollout = granted(RolloutState::StageRollout);
        let passed = to_rollout.clone().and(was(name::STOOD, &verification));
        let unverified = was(name::STOOD, &[RolloutState::Unverified]);
        let to_production =
            performed(&[RolloutState::Production]).and(unverified.clone().or(was(name::STOOD, &verification)));
        let skipped = to_rollout.and(unverified).or(to_production);
        vec![
            self.in_months(M_REPO_2, name::VERIFIED, self.first(passed), col(name::PROVIDER)),
            self.in_months(M_REPO_2, name::EMERGENCY_SKIPS, self.first(skipped), col(name::PROVIDER)),
        ]
    }

    fn m_repo_3(&self) -> Vec<LazyFrame> {
        let from_rollout = was(name::STOOD, &[RolloutState::StageRollout]);
        let to_production = performed(&[RolloutState::Production]);
        let passed = to_production.clone().and(from_rollout.clone());
        let skipped = to_production.and(from_rollout.not());
        vec![
            self.in_months(M_REPO_3, name::ACCEPTED, self.first(passed), col(name::PROVIDER)),
            self.in_months(M_REPO_3, name::EMERGENCY_SKIPS, self.first(skipped), col(name::PROVIDER)),
        ]
    }

    fn outcomes(&self) -> Vec<LazyFrame> {
        let ends = [
            (name::REJECTED, RolloutState::Rejected),
            (name::IGNORED, RolloutState::Ignored),
            (name::NOT_PUBLISHED, RolloutState::NotPublished),
        ];
        let requests = [(name::FAILED_REQUESTS, Outcome::Failed), (name::REFUSED_REQUESTS, Outcome::Refused)];
        let first = ends.map(|(column, state)| (column, self.first(performed(&[state]))));
        let every = requests.map(|(column, outcome)| (column, self.frames.records.clone().filter(ended_as(outcome))));
        let cells = first.into_iter().chain(every);
        cells.map(|(column, rows)| self.in_months(OUTCOMES, column, rows, col(name::PROVIDER))).collect()
    }

    fn flow(&self) -> Vec<LazyFrame> {
        let moved = |column, month: &str, record: &str| {
            let rows = self.frames.spans.clone().filter(self.is_wanted(month));
            cell(FLOW, column, rows, col(month), col(name::STATE), col(record))
        };
        let mut cells = vec![
            moved(name::ENTRIES, name::ENTERED_MONTH, name::ENTERED_RECORD),
            moved(name::EXITS, name::LEFT_MONTH, name::LEFT_RECORD),
        ];
        for month in self.months {
            let at = |column, bound| {
                let rows = self.frames.spans.clone().filter(lasts_at(bound));
                cell(FLOW, column, rows, lit(month.to_string()), col(name::STATE), col(name::ENTERED_RECORD))
            };
            cells.push(at(name::WIP_START, micros(month.start())));
            cells.push(at(name::WIP_END, micros(month.end())));
        }
        cells
    }

    fn time_in_state(&self) -> PolarsResult<Vec<LazyFrame>> {
        let mut cells = Vec::new();
        for month in self.months {
            let shown = lit(month.to_string());
            let left_out = col(name::LEFT_MONTH).eq(shown.clone()).and(col(name::SECONDS).is_null());
            let working =
                was(name::STATE, &RolloutState::ALL.into_iter().filter(|s| !s.is_terminal()).collect::<Vec<_>>());
            let open = lasts_at(micros(month.end())).and(working);
            for (column, rows, record) in [
                (name::STAYS, summed_stays(&self.frames.spans, *month)?, name::LEFT_RECORD),
                (name::LEFT_OUT, self.frames.spans.clone().filter(left_out), name::LEFT_RECORD),
                (name::OPEN, self.frames.spans.clone().filter(open), name::ENTERED_RECORD),
            ] {
                cells.push(cell(TIME_IN_STATE, column, rows, shown.clone(), col(name::STATE), col(record)));
            }
        }
        Ok(cells)
    }

    /// Each release's first record, in the log's order, that is `wanted`.
    fn first(&self, wanted: Expr) -> LazyFrame {
        let firsts = [name::RECORD, name::MONTH, name::PROVIDER].map(|column| col(column).first());
        self.frames.records.clone().filter(wanted).group_by_stable([col(name::TICKET)]).agg(firsts)
    }

    fn in_months(&self, metric: &str, column: &str, rows: LazyFrame, row: Expr) -> LazyFrame {
        cell(metric, column, rows.filter(self.is_wanted(name::MONTH)), col(name::MONTH), row, col(name::RECORD))
    }

    /// Months are text that sorts as months do.
    fn is_wanted(&self, month: &str) -> Expr {
        match (self.months.first(), self.months.last()) {
            (Some(first), Some(last)) => {
                col(month).gt_eq(lit(first.to_string())).and(col(month).lt_eq(lit(last.to_string())))
            }
            _ => lit(false),
        }
    }
}

/// The stays that time in state sums in `month`: all that ended before its end, of the releases that left the state in
/// the month, as far as they have a duration.
pub(crate) fn summed_stays(spans: &LazyFrame, month: Month) -> PolarsResult<LazyFrame> {
    let ended = col(name::LEFT).lt(lit(micros(month.end()))).and(col(name::SECONDS).is_not_null());
    let last_left = col(name::LEFT).max().over([col(name::STATE), col(name::TICKET)])?;
    Ok(spans.clone().filter(ended).filter(last_left.gt_eq(lit(micros(month.start())))))
}

/// One column's share of the lineage.
fn cell(metric: &str, column: &str, rows: LazyFrame, month: Expr, row: Expr, record: Expr) -> LazyFrame {
    rows.select([
        lit(metric.to_owned()).alias(name::METRIC),
        month.alias(name::MONTH),
        row.alias(name::ROW),
        lit(column.to_owned()).alias(name::COLUMN),
        col(name::TICKET),
        record.alias(name::RECORD),
    ])
}

fn was(column: &str, states: &[RolloutState]) -> Expr {
    states.iter().fold(lit(false), |any, state| any.or(col(column).eq(lit(state.as_str()))))
}

fn ended_as(outcome: Outcome) -> Expr {
    col(name::OUTCOME).eq(lit(outcome.as_str()))
}

fn performed(asked: &[RolloutState]) -> Expr {
    ended_as(Outcome::Performed).and(was(name::ASKED, asked))
}

/// Performed, or deferred: what came before is done either way.
fn granted(asked: RolloutState) -> Expr {
    was(name::ASKED, &[asked]).and(ended_as(Outcome::Performed).or(ended_as(Outcome::Deferred)))
}

/// Entered before the instant and not left before it.
fn lasts_at(instant: i64) -> Expr {
    col(name::ENTERED).lt(lit(instant)).and(col(name::LEFT).is_null().or(col(name::LEFT).gt_eq(lit(instant))))
}
