//! How long a release may stand in a state before somebody has to explain why.
//!
//! Whoever makes a report gives the limits. Working days are Monday to Friday: holidays are not known here.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Days, Months, Utc, Weekday};
use egi_model::rollout::RolloutState;

/// The limit of each state that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits(BTreeMap<RolloutState, Limit>);

/// How long is not too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Days from Monday to Friday.
    WorkingDays(u32),
    /// Weeks of seven days.
    Weeks(u32),
    /// Calendar months.
    Months(u32),
}

impl Limits {
    /// These; states that are not named have none.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = (RolloutState, Limit)>) -> Self {
        Self(limits.into_iter().collect())
    }

    /// The limit of a state; `None` where there is none.
    #[must_use]
    pub fn of(&self, state: RolloutState) -> Option<Limit> {
        self.0.get(&state).copied()
    }
}

impl Default for Limits {
    /// The first three are EGI's own: a submission is taken in within five working days, a release waits unverified for a
    /// month at most, its verification takes a week at most. For the other states no limit is written down anywhere; what
    /// stands here warns.
    fn default() -> Self {
        Self::new([
            (RolloutState::Submitted, Limit::WorkingDays(5)),
            (RolloutState::Unverified, Limit::Months(1)),
            (RolloutState::InVerification, Limit::Weeks(1)),
            (RolloutState::WaitingForResponse, Limit::Weeks(2)),
            (RolloutState::StageRollout, Limit::Weeks(2)),
            (RolloutState::Deferred, Limit::Weeks(4)),
        ])
    }
}

impl Limit {
    /// When a release that entered at `entered` has waited too long.
    pub(crate) fn ends(self, entered: DateTime<Utc>) -> DateTime<Utc> {
        let end = match self {
            Self::WorkingDays(days) => {
                let later = std::iter::successors(Some(entered), |at| at.checked_add_days(Days::new(1)));
                let working = later.skip(1).filter(|at| !matches!(at.weekday(), Weekday::Sat | Weekday::Sun));
                working.take(usize::try_from(days).unwrap_or(0)).last()
            }
            Self::Weeks(weeks) => entered.checked_add_days(Days::new(u64::from(weeks) * 7)),
            Self::Months(months) => entered.checked_add_months(Months::new(months)),
        };
        end.unwrap_or(entered)
    }

    /// About how long it is, in days: what a chart can draw as one line.
    pub(crate) fn days(self) -> u64 {
        match self {
            Self::WorkingDays(days) => u64::from(days) * 7 / 5,
            Self::Weeks(weeks) => u64::from(weeks) * 7,
            Self::Months(months) => u64::from(months) * 30,
        }
    }

    /// Such as `5 working days`.
    pub(crate) fn text(self) -> String {
        let (number, unit) = match self {
            Self::WorkingDays(days) => (days, "working day"),
            Self::Weeks(weeks) => (weeks, "week"),
            Self::Months(months) => (months, "month"),
        };
        format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::at;

    #[test]
    fn weekends_are_no_working_days() {
        let thursday = at("2026-11-05 10:00");
        assert_eq!(Limit::WorkingDays(5).ends(thursday), at("2026-11-12 10:00"));
        let saturday = at("2026-11-07 10:00");
        assert_eq!(Limit::WorkingDays(5).ends(saturday), at("2026-11-13 10:00"));
        assert_eq!(Limit::Months(1).ends(at("2026-01-31 10:00")), at("2026-02-28 10:00"));
    }
}
