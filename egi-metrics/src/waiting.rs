//! Time in state: how long releases were in a state they left in the month, and what is still there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use egi_model::month::Month;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use polars::prelude::{LazyFrame, PolarsResult, SortMultipleOptions, col};

use crate::catalog::TIME_IN_STATE;
use crate::count::{Counts, summed_stays};
use crate::error::MetricsError;
use crate::frame::{self, name};
use crate::stay::Stay;

/// With fewer releases than this, a percentile would say more than is known.
const FEWEST_FOR_PERCENTILES: usize = 5;

/// How long releases were in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeInState {
    /// The state; only states that a release can leave have a row.
    pub state: RolloutState,
    /// Releases that left it in the month: the n of the durations.
    pub releases: u64,
    /// Their stays in it so far, all of which are summed.
    pub stays: u64,
    /// Stays left out, because the log has the end before the begin.
    pub left_out: u64,
    /// The releases' seconds in the state, all their stays summed.
    pub seconds: Spread,
    /// Releases in it when the month ended.
    pub open: u64,
    /// The one of them that is there longest.
    pub oldest_open: Option<OpenStay>,
}

/// Durations, as far as their number lets them be summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spread {
    /// Fewer than five: the seconds themselves, shortest first.
    Listed(Vec<u64>),
    /// Nearest-rank percentiles: the smallest duration that at least so many per cent of the releases do not exceed. It
    /// is always a duration that occurred.
    Percentiles {
        /// 50 %, in seconds.
        median: u64,
        /// 85 %, in seconds.
        p85: u64,
        /// 95 %, in seconds.
        p95: u64,
    },
}

/// A stay that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenStay {
    /// The release's ticket.
    pub ticket: TicketId,
    /// When it began.
    pub entered: DateTime<Utc>,
    /// Its age at the month's end, or when the facts were read; `None` if it begins later than that.
    pub seconds: Option<u64>,
}

impl Spread {
    /// Sums up durations given in ascending order.
    fn of(sorted: Vec<u64>) -> Self {
        if sorted.len() < FEWEST_FOR_PERCENTILES {
            return Self::Listed(sorted);
        }
        let rank = |percent| nearest_rank(&sorted, percent);
        match (rank(50), rank(85), rank(95)) {
            (Some(median), Some(p85), Some(p95)) => Self::Percentiles { median, p85, p95 },
            _ => Self::Listed(sorted),
        }
    }
}

/// The value at place ⌈percent × n ÷ 100⌉, counted from 1, in whole numbers: no rounding of fractions decides.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

/// The rows of `month`. `known` are the stays as known at its end.
pub(crate) fn arrange(
    spans: &LazyFrame,
    month: Month,
    counts: &Counts,
    known: &[Stay],
) -> PolarsResult<Vec<TimeInState>> {
    let mut seconds = seconds_per_release(spans, month)?;
    let row = |state: RolloutState| {
        let count = |column| counts.get(TIME_IN_STATE, state.as_str(), column);
        let seconds = seconds.remove(state.as_str()).unwrap_or_default();
        TimeInState {
            state,
            releases: u64::try_from(seconds.len()).unwrap_or(u64::MAX),
            stays: count(name::STAYS),
            left_out: count(name::LEFT_OUT),
            seconds: Spread::of(seconds),
            open: count(name::OPEN),
            oldest_open: oldest_open(state, known),
        }
    };
    Ok(RolloutState::ALL.into_iter().filter(|state| !state.is_terminal()).map(row).collect())
}

/// Each state's releases that left it in the month: the sum of their stays, ascending.
fn seconds_per_release(spans: &LazyFrame, month: Month) -> PolarsResult<BTreeMap<String, Vec<u64>>> {
    let sums = summed_stays(spans, month)?
        .group_by([col(name::STATE), col(name::TICKET)])
        .agg([col(name::SECONDS).sum()])
        .sort([name::STATE, name::SECONDS], SortMultipleOptions::default())
        .collect()?;
    let mut by_state: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (state, seconds) in sums.column(name::STATE)?.str()?.iter().zip(sums.column(name::SECONDS)?.u64()?.iter()) {
        by_state.entry(state.unwrap_or_default().to_owned()).or_default().extend(seconds);
    }
    Ok(by_state)
}

fn oldest_open(state: RolloutState, known: &[Stay]) -> Option<OpenStay> {
    let open = known.iter().filter(|stay| stay.state == state && stay.left.is_none());
    let oldest = open.min_by_key(|stay| (stay.entered, stay.ticket))?;
    Some(OpenStay { ticket: oldest.ticket, entered: oldest.entered, seconds: oldest.seconds })
}

pub(crate) fn render(month: Month, rows: &[TimeInState]) -> Result<Vec<u8>, MetricsError> {
    let percentile = |row: &TimeInState, pick: fn(u64, u64, u64) -> u64| match row.seconds {
        Spread::Percentiles { median, p85, p95 } => Some(pick(median, p85, p95)),
        Spread::Listed(_) => None,
    };
    let listed = |row: &TimeInState| match &row.seconds {
        Spread::Listed(values) if !values.is_empty() => {
            Some(values.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))
        }
        Spread::Listed(_) | Spread::Percentiles { .. } => None,
    };
    let columns = vec![
        frame::text(name::MONTH, rows, |_| Some(month.to_string())),
        frame::text(name::STATE, rows, |row| Some(row.state.to_string())),
        frame::number(name::RELEASES, rows, |row| Some(row.releases)),
        frame::number(name::STAYS, rows, |row| Some(row.stays)),
        frame::number(name::LEFT_OUT, rows, |row| Some(row.left_out)),
        frame::number(name::MEDIAN_SECONDS, rows, |row| percentile(row, |median, _, _| median)),
        frame::number(name::P85_SECONDS, rows, |row| percentile(row, |_, p85, _| p85)),
        frame::number(name::P95_SECONDS, rows, |row| percentile(row, |_, _, p95| p95)),
        frame::text(name::VALUES_SECONDS, rows, listed),
        frame::number(name::OPEN, rows, |row| Some(row.open)),
        frame::number(name::OLDEST_OPEN_TICKET, rows, |row| row.oldest_open.map(|stay| stay.ticket.get())),
        frame::time(name::OLDEST_OPEN_ENTERED, rows, |row| row.oldest_open.map(|stay| stay.entered)),
        frame::number(name::OLDEST_OPEN_SECONDS, rows, |row| row.oldest_open.and_then(|stay| stay.seconds)),
    ];
    frame::render_csv("time-in-state.csv", columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_duration_that_occurred() {
        let twenty: Vec<u64> = (1..=20).collect();
        assert_eq!(nearest_rank(&twenty, 50), Some(10));
        assert_eq!(nearest_rank(&twenty, 85), Some(17));
        assert_eq!(nearest_rank(&twenty, 95), Some(19));
        assert_eq!(nearest_rank(&[7, 8, 9], 50), Some(8));
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn four_are_listed_and_five_are_summed_up() {
        assert_eq!(Spread::of(vec![1, 2, 3, 4]), Spread::Listed(vec![1, 2, 3, 4]));
        assert_eq!(Spread::of(vec![1, 2, 3, 4, 100]), Spread::Percentiles { median: 3, p85: 100, p95: 100 });
    }
}
