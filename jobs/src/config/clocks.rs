//! Service limits, and the calendar they are counted by.

use egi_model::limit::{Calendar, CalendarError, Limit, Limits, default_limits};
use serde::{Deserialize, Serialize};

/// Service limits, and the calendar they are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// The time zone whose days are counted, such as `Europe/Athens`.
    pub time_zone: String,
    /// Holidays beside Saturdays and Sundays: `2026-12-25`, or `12-25` for every year.
    pub holidays: Vec<String>,
    /// When the provider is reminded that an answer is waited for.
    pub provider_reminder: Limit,
    /// How long the provider may be without news of a release on its way.
    pub provider_news: Limit,
    /// How long a release may stand in a state.
    pub limits: Limits,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            holidays: Vec::new(),
            provider_reminder: Limit::WorkingDays(5),
            provider_news: Limit::Months(2),
            limits: default_limits(),
        }
    }
}

impl Clocks {
    /// The calendar of these settings.
    pub fn calendar(&self) -> Result<Calendar, CalendarError> {
        Calendar::parse(&self.time_zone, &self.holidays)
    }
}
