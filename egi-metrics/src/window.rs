//! The months that are asked for, and which of them an instant lies in.

use std::iter::successors;

use chrono::{DateTime, Utc};
use egi_model::month::Month;

use crate::columns::Micros;

/// Consecutive months.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    months: Vec<Month>,
    /// Where each month begins, and where the last ends.
    bounds: Vec<Micros>,
}

impl Window {
    /// The months from the first to the last; none if they are the wrong way round.
    pub(crate) fn new(first: Month, last: Month) -> Self {
        let months: Vec<Month> =
            successors(Some(first), |month| Some(month.next())).take_while(|month| *month <= last).collect();
        let ends = months.iter().map(|month| month.end());
        let bounds = std::iter::once(first.start()).chain(ends).map(|at: DateTime<Utc>| at.timestamp_micros());
        Self { bounds: bounds.collect(), months }
    }

    /// No month.
    pub(crate) fn none() -> Self {
        Self { months: Vec::new(), bounds: Vec::new() }
    }

    pub(crate) fn months(&self) -> &[Month] {
        &self.months
    }

    pub(crate) fn len(&self) -> usize {
        self.months.len()
    }

    /// How many of the window's bounds lie at or before the instant: 0 before the window, `len() + 1` after it. The
    /// instant lies in the month of this number less one.
    pub(crate) fn reached(&self, at: Micros) -> usize {
        self.bounds.partition_point(|bound| *bound <= at)
    }

    /// The month the instant lies in, as its place in the window.
    pub(crate) fn place(&self, at: Micros) -> Option<usize> {
        self.reached(at).checked_sub(1).filter(|place| *place < self.len())
    }

    /// The bounds that lie after `begin` and not after `end`: when something that lasts from one to the other is there.
    /// Bound `k` begins month `k` and ends month `k - 1`.
    pub(crate) fn bounds_within(&self, begin: Micros, end: Option<Micros>) -> std::ops::Range<usize> {
        self.reached(begin)..end.map_or(self.bounds.len(), |end| self.reached(end))
    }

    /// Where a month ends; the end of time for a place outside of the window.
    pub(crate) fn end(&self, place: usize) -> Micros {
        self.bounds.get(place + 1).copied().unwrap_or(Micros::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{at, month};

    #[test]
    fn an_instant_lies_in_the_month_that_begins_with_it() {
        let window = Window::new(month("2026-11"), month("2026-12"));
        let place = |text: &str| window.place(at(text).timestamp_micros());
        assert_eq!(place("2026-10-31 23:59"), None);
        assert_eq!(place("2026-11-01 00:00"), Some(0));
        assert_eq!(place("2026-12-31 23:59"), Some(1));
        assert_eq!(place("2027-01-01 00:00"), None);
    }

    #[test]
    fn what_is_left_at_a_bound_was_there_at_it_and_what_is_entered_at_it_was_not() {
        let window = Window::new(month("2026-11"), month("2026-12"));
        let micros = |text: &str| at(text).timestamp_micros();
        let bounds = |begin, end: Option<&str>| window.bounds_within(micros(begin), end.map(micros));
        assert_eq!(bounds("2026-10-01 00:00", Some("2026-12-01 00:00")), 0..2);
        assert_eq!(bounds("2026-11-01 00:00", Some("2026-11-02 00:00")), 1..1);
        assert_eq!(bounds("2026-11-02 00:00", None), 1..3);
        assert!(bounds("2026-12-02 00:00", Some("2026-10-01 00:00")).is_empty());
    }
}
