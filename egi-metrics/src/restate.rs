//! Closed months: the figures they are kept by, and what became of them.

use std::collections::BTreeMap;

use egi_model::month::Month;
use serde::{Deserialize, Serialize};

use crate::catalog::id;
use crate::frame::name;
use crate::report::MonthReport;
use crate::spread::Distribution;
use crate::table::ALL;

/// One number of a month's report, as text. A number that is not kept is 0, or there is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Figure {
    /// The metric.
    pub metric: String,
    /// The row: a provider, team, NGI or state; [`ALL`] for a metric without rows.
    pub row: String,
    /// The column.
    pub column: String,
    /// The number.
    pub value: String,
}

/// A number of a closed month that is another one now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Restatement {
    /// The closed month.
    pub month: Month,
    /// The metric.
    pub metric: String,
    /// The row.
    pub row: String,
    /// The column.
    pub column: String,
    /// What was reported; `None` for 0 or nothing.
    pub old: Option<String>,
    /// What it is now; `None` for 0 or nothing.
    pub new: Option<String>,
    /// Why it changed.
    pub reason: String,
}

impl MonthReport {
    /// All numbers of the month that are not 0, in a fixed order.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut keep = |metric: &str, row: &str, column: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| value != "0") {
                figures.push(Figure { metric: metric.into(), row: row.into(), column: column.into(), value });
            }
        };
        for table in &self.tables {
            for row in &table.rows {
                for (column, count) in table.metric.counts().iter().zip(&row.counts) {
                    keep(table.metric.id, &row.name, column.name, Some(count.to_string()));
                }
            }
        }
        for row in &self.flow {
            for (column, count) in [
                (name::WIP_START, row.wip_start),
                (name::ENTRIES, row.entries),
                (name::EXITS, row.exits),
                (name::WIP_END, row.wip_end),
            ] {
                keep(id::FLOW, row.state.as_str(), column, Some(count.to_string()));
            }
        }
        for row in &self.time_in_state {
            let state = row.state.as_str();
            keep(id::TIME_IN_STATE, state, name::STAYS, Some(row.stays.to_string()));
            keep(id::TIME_IN_STATE, state, name::LEFT_OUT, Some(row.left_out.to_string()));
            keep(id::TIME_IN_STATE, state, name::OPEN, Some(row.open.to_string()));
            seconds(&row.seconds, |column, value| keep(id::TIME_IN_STATE, state, column, value));
        }
        let teams = &self.teams_per_release;
        keep(id::M_SA1_3_1, ALL, name::RELEASES, Some(teams.teams.n.to_string()));
        keep(id::M_SA1_3_1, ALL, name::TEAMS, Some(teams.teams.sum.to_string()));
        keep(id::M_SA1_3_1, ALL, name::WITHOUT_TEAM, Some(teams.without_team.to_string()));
        let median = teams.teams.spread.percentiles().map(|[median, _, _]| median.to_string());
        keep(id::M_SA1_3_1, ALL, name::MEDIAN_TEAMS, median);
        keep(id::M_SA1_3_1, ALL, name::VALUES_TEAMS, teams.teams.spread.listed());
        let time = &self.rollout_time;
        seconds(&time.seconds, |column, value| keep(id::M_SA1_3_4, ALL, column, value));
        keep(id::M_SA1_3_4, ALL, name::LEFT_OUT, Some(time.left_out.to_string()));
        keep(id::M_SA1_3_4, ALL, name::DEFERRED_SECONDS, Some(time.deferred_seconds.to_string()));
        keep(id::M_SA1_3_4, ALL, name::FAILED_SECONDS, Some(time.failed_seconds.to_string()));
        let delay = &self.report_delay;
        seconds(&delay.seconds, |column, value| keep(id::M_SA1_3_5, ALL, column, value));
        keep(id::M_SA1_3_5, ALL, name::BEFORE_ACCEPTANCE, Some(delay.before_acceptance.to_string()));
        keep(id::M_SA1_3_5, ALL, name::WITHOUT_REPORT, Some(delay.without_report.to_string()));
        figures
    }
}

fn seconds(of: &Distribution, mut keep: impl FnMut(&str, Option<String>)) {
    keep(name::RELEASES, Some(of.n.to_string()));
    keep(name::MEAN_SECONDS, of.mean().map(|mean| mean.to_string()));
    keep(name::MIN_SECONDS, of.min.map(|min| min.to_string()));
    keep(name::MAX_SECONDS, of.max.map(|max| max.to_string()));
    for (column, place) in [(name::MEDIAN_SECONDS, 0), (name::P85_SECONDS, 1), (name::P95_SECONDS, 2)] {
        let value = of.spread.percentiles().and_then(|values| values.get(place).copied());
        keep(column, value.map(|value| value.to_string()));
    }
    keep(name::VALUES_SECONDS, of.spread.listed());
}

/// What changed in the figures of a closed month.
#[must_use]
pub fn restatements(month: Month, old: &[Figure], new: &[Figure], reason: &str) -> Vec<Restatement> {
    let mut cells: BTreeMap<(&str, &str, &str), [Option<&str>; 2]> = BTreeMap::new();
    for (place, figures) in [old, new].into_iter().enumerate() {
        for figure in figures {
            let cell = cells.entry((&figure.metric, &figure.row, &figure.column)).or_default();
            if let Some(value) = cell.get_mut(place) {
                *value = Some(&figure.value);
            }
        }
    }
    let changed = cells.into_iter().filter(|(_, [old, new])| old != new);
    changed
        .map(|((metric, row, column), [old, new])| Restatement {
            month,
            metric: metric.to_owned(),
            row: row.to_owned(),
            column: column.to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
            reason: reason.to_owned(),
        })
        .collect()
}
