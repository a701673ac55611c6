//! Service limits: how long a release may stand in a state before somebody has to explain why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::rollout::RolloutState;

/// A length of time as people agree on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    /// Days on which people work.
    WorkingDays(u32),
    /// Weeks of seven days.
    Weeks(u32),
    /// Months of the calendar; from the 31st of January it is a month to the last of February.
    Months(u32),
}

/// The limits of the states that have one.
pub type Limits = BTreeMap<RolloutState, Limit>;

/// The limits a new site starts with.
///
/// The first three are EGI's own: a submission is taken in within five working days, a release waits unverified for a
/// month at most, its verification takes a week at most. For the other states no limit is written down anywhere; what
/// stands here warns.
#[must_use]
pub fn default_limits() -> Limits {
    BTreeMap::from([
        (RolloutState::Submitted, Limit::WorkingDays(5)),
        (RolloutState::Unverified, Limit::Months(1)),
        (RolloutState::InVerification, Limit::Weeks(1)),
        (RolloutState::WaitingForResponse, Limit::Weeks(2)),
        (RolloutState::StageRollout, Limit::Weeks(2)),
        (RolloutState::Deferred, Limit::Weeks(4)),
    ])
}

impl Limit {
    /// About how long it is, in days: what a chart can draw as one line.
    #[must_use]
    pub fn days(self) -> u64 {
        match self {
            Self::WorkingDays(days) => u64::from(days) * 7 / 5,
            Self::Weeks(weeks) => u64::from(weeks) * 7,
            Self::Months(months) => u64::from(months) * 30,
        }
    }

    const fn parts(self) -> (u32, &'static str) {
        match self {
            Self::WorkingDays(days) => (days, "working day"),
            Self::Weeks(weeks) => (weeks, "week"),
            Self::Months(months) => (months, "month"),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = self.parts();
        write!(f, "{number} {unit}{}", if number == 1 { "" } else { "s" })
    }
}

/// A text that is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no length of time; write \"5 working days\", \"2 weeks\" or \"1 month\"")]
pub struct LimitError(String);

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let wrong = || LimitError(text.to_owned());
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        // More than a thousand of anything is a slip of the hand.
        let number = number.parse().ok().filter(|number| (1..=1000).contains(number)).ok_or_else(wrong)?;
        match unit.trim().trim_end_matches('s') {
            "working day" => Ok(Self::WorkingDays(number)),
            "week" => Ok(Self::Weeks(number)),
            "month" => Ok(Self::Months(number)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for Limit {
    type Error = LimitError;

    fn try_from(text: String) -> Result<Self, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}

/// Which days people work on, and where: Monday to Friday, without the holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
    /// Holidays of one year.
    once: BTreeSet<NaiveDate>,
    /// Holidays of every year, by month and day.
    yearly: BTreeSet<(u32, u32)>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: Tz::UTC, once: BTreeSet::new(), yearly: BTreeSet::new() }
    }
}

/// A calendar that can not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// There is no such time zone.
    #[error("\"{0}\" is no time zone; write a name such as Europe/Athens, or UTC")]
    Zone(String),
    /// There is no such day.
    #[error("the holiday \"{0}\" is no date; write 2026-12-25, or 12-25 for every year")]
    Holiday(String),
}

impl Calendar {
    /// A calendar of the time zone of this name, with holidays such as `2026-12-25`, or `12-25` for every year.
    pub fn parse(zone: &str, holidays: &[String]) -> Result<Self, CalendarError> {
        let zone = zone.trim().parse().map_err(|_| CalendarError::Zone(zone.to_owned()))?;
        let mut calendar = Self { zone, ..Self::default() };
        for text in holidays {
            let wrong = || CalendarError::Holiday(text.clone());
            // A leap year has every day that any year has.
            match text.trim().len() {
                5 => {
                    let day = NaiveDate::parse_from_str(&format!("2000-{}", text.trim()), "%Y-%m-%d");
                    let day = day.map_err(|_| wrong())?;
                    calendar.yearly.insert((day.month(), day.day()));
                }
                _ => drop(calendar.once.insert(text.trim().parse().map_err(|_| wrong())?)),
            }
        }
        Ok(calendar)
    }

    /// Whether people work on this day.
    #[must_use]
    pub fn is_working_day(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        !weekend && !self.once.contains(&day) && !self.yearly.contains(&(day.month(), day.day()))
    }

    /// When a limit that began at `since` is over: at the same time of day, by the clocks of the calendar's time zone.
    ///
    /// The working days after the day of the beginning are counted. A time of day that a day does not have, because the clocks
    /// were set forward, is an hour later.
    #[must_use]
    pub fn ends(&self, limit: Limit, since: DateTime<Utc>) -> DateTime<Utc> {
        let begun = since.with_timezone(&self.zone).naive_local();
        let day = match limit {
            Limit::WorkingDays(days) => self.after_working_days(begun.date(), days),
            Limit::Weeks(weeks) => begun.date().checked_add_days(Days::new(u64::from(weeks) * 7)),
            Limit::Months(months) => begun.date().checked_add_months(Months::new(months)),
        };
        day.map_or(since, |day| self.instant(day.and_time(begun.time())))
    }

    fn after_working_days(&self, from: NaiveDate, days: u32) -> Option<NaiveDate> {
        let later = std::iter::successors(from.succ_opt(), NaiveDate::succ_opt);
        // Somebody may have made a holiday of every day: a hundred years are enough to see that.
        let working = later.take(36_525).filter(|day| self.is_working_day(*day));
        match usize::try_from(days).ok().filter(|days| *days > 0) {
            Some(days) => working.take(days).last(),
            None => Some(from),
        }
    }

    /// Of two instants with the same local time the first.
    fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        let later = local + TimeDelta::hours(1);
        let found = self.zone.from_local_datetime(&local).earliest();
        let found = found.or_else(|| self.zone.from_local_datetime(&later).earliest());
        found.map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
    }

    /// The day it is in the calendar's time zone.
    #[must_use]
    pub fn day_of(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// The hour it is in the calendar's time zone, from 0 to 23.
    #[must_use]
    pub fn hour_of(&self, at: DateTime<Utc>) -> u32 {
        chrono::Timelike::hour(&at.with_timezone(&self.zone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc()
    }

    #[test]
    fn weekends_and_holidays_are_no_working_days() {
        let plain = Calendar::default();
        assert_eq!(plain.ends(Limit::WorkingDays(5), at("2026-11-05 10:00")), at("2026-11-12 10:00"));
        assert_eq!(plain.ends(Limit::WorkingDays(5), at("2026-11-07 10:00")), at("2026-11-13 10:00"));
        let holidays = ["12-25".to_owned(), "2026-12-28".to_owned()];
        let calendar = Calendar::parse("UTC", &holidays).unwrap();
        assert_eq!(calendar.ends(Limit::WorkingDays(1), at("2026-12-24 10:00")), at("2026-12-29 10:00"));
    }

    #[test]
    fn a_month_ends_with_the_month_and_days_are_local() {
        let plain = Calendar::default();
        assert_eq!(plain.ends(Limit::Months(1), at("2026-01-31 10:00")), at("2026-02-28 10:00"));
        let athens = Calendar::parse("Europe/Athens", &[]).unwrap();
        // The clocks are set forward on the 29th of March 2026, at three to four.
        assert_eq!(athens.ends(Limit::Weeks(1), at("2026-03-25 08:00")), at("2026-04-01 07:00"));
        // Half past three is not there then: it is half past four.
        assert_eq!(athens.ends(Limit::Weeks(1), at("2026-03-22 01:30")), at("2026-03-29 01:30"));
        // Friday evening in UTC is Saturday there.
        assert_eq!(athens.ends(Limit::WorkingDays(1), at("2026-11-06 23:00")), at("2026-11-08 23:00"));
    }

    #[test]
    fn what_is_no_date_no_zone_and_no_limit_is_named() {
        for wrong in ["2026-02-30", "02-30", "25.12.", ""] {
            let error = Calendar::parse("UTC", &[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(&format!("the holiday \"{wrong}\" is no date")), "{error}");
        }
        assert!(Calendar::parse("Europe/Atlantis", &[]).unwrap_err().to_string().contains("Atlantis"));
        for wrong in ["5", "0 weeks", "a week", "2 fortnights", "1001 weeks"] {
            assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
        }
        for text in ["5 working days", "1 month", "2 weeks"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
    }
}
