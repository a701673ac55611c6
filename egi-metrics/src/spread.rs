//! Many values summed up, as far as their number allows.

/// With fewer values than this, a percentile would say more than is known.
const FEWEST_FOR_PERCENTILES: usize = 5;

/// Values, as far as their number lets them be summed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spread {
    /// Fewer than five: the values themselves, least first.
    Listed(Vec<u64>),
    /// Nearest-rank percentiles: the least value that at least so many per cent do not exceed. It is always a value that
    /// occurred.
    Percentiles {
        /// 50 %.
        median: u64,
        /// 85 %.
        p85: u64,
        /// 95 %.
        p95: u64,
    },
}

/// How many values there are, and what can be said of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// How many: the n of everything below.
    pub n: u64,
    /// Their sum.
    pub sum: u64,
    /// The least; `None` without values.
    pub min: Option<u64>,
    /// The greatest; `None` without values.
    pub max: Option<u64>,
    /// Percentiles, or the values themselves.
    pub spread: Spread,
}

impl Distribution {
    /// Sums up values given in any order.
    #[must_use]
    pub fn of(mut values: Vec<u64>) -> Self {
        values.sort_unstable();
        Self {
            n: u64::try_from(values.len()).unwrap_or(u64::MAX),
            sum: values.iter().fold(0, |sum, value| sum.saturating_add(*value)),
            min: values.first().copied(),
            max: values.last().copied(),
            spread: Spread::of(values),
        }
    }

    /// The mean, rounded down to a whole number; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        self.sum.checked_div(self.n)
    }

    /// The mean in hundredths, rounded half up; `None` without values.
    #[must_use]
    pub fn mean_hundredths(&self) -> Option<u64> {
        self.sum.saturating_mul(200).saturating_add(self.n).checked_div(self.n.saturating_mul(2))
    }
}

impl Spread {
    /// Sums up values given in ascending order.
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

    /// The median, 85 % and 95 %; `None` where the values are listed.
    #[must_use]
    pub const fn percentiles(&self) -> Option<[u64; 3]> {
        match self {
            Self::Percentiles { median, p85, p95 } => Some([*median, *p85, *p95]),
            Self::Listed(_) => None,
        }
    }

    /// The values with blanks between; `None` where there are percentiles, and without values.
    #[must_use]
    pub fn listed(&self) -> Option<String> {
        match self {
            Self::Listed(values) if !values.is_empty() => {
                Some(values.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))
            }
            Self::Listed(_) | Self::Percentiles { .. } => None,
        }
    }
}

/// The value at place ⌈percent × n ÷ 100⌉, counted from 1, in whole numbers: no rounding of fractions decides.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let place = (sorted.len() * percent).div_ceil(100);
    sorted.get(place.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
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

    #[test]
    fn a_mean_is_rounded_and_there_is_none_of_nothing() {
        let some = Distribution::of(vec![2, 1, 1, 1]);
        assert_eq!((some.mean(), some.mean_hundredths()), (Some(1), Some(125)));
        assert_eq!(Distribution::of(vec![1, 1, 0]).mean_hundredths(), Some(67));
        assert_eq!((Distribution::of(Vec::new()).mean(), Distribution::of(Vec::new()).min), (None, None));
    }
}
