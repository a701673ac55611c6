//! The sheets of the metrics: month by month, and where a metric has rows, row by row.

use egi_model::month::Month;
use polars::prelude::{Column, PolarsResult};

use super::month_column;
use crate::catalog::{MetricSpec, id};
use crate::columns::Name;
use crate::frame::{self, name};
use crate::report::{MonthReport, Report};
use crate::spread::Distribution;
use crate::tally::Home;
use crate::waiting::TimeInState;

impl Report<'_> {
    /// The sheet of a metric.
    pub(super) fn metric(&self, metric: &'static MetricSpec) -> PolarsResult<Vec<Column>> {
        match metric.id {
            id::M_SA1_3_1 => Ok(self.teams_per_release()),
            id::M_SA1_3_4 => Ok(self.rollout_time()),
            id::M_SA1_3_5 => Ok(self.report_delay()),
            id::FLOW => Ok(self.flow()),
            id::TIME_IN_STATE => self.time_in_state(),
            _ => Ok(self.counts(metric)),
        }
    }

    fn counts(&self, metric: &'static MetricSpec) -> Vec<Column> {
        let months = self.months.iter().enumerate();
        let tables = months.filter_map(|(place, month)| Some((place, month.table(metric.id)?)));
        let rows: Vec<_> = tables.flat_map(|(place, table)| table.rows.iter().map(move |row| (place, row))).collect();
        let mut columns = vec![self.shown_month(&rows, |row| row.0)];
        let labels = metric.columns.get(1..metric.labels).unwrap_or_default();
        for label in labels {
            columns.push(match label.name {
                name::SITE => frame::text(label.name, &rows, |row| self.home(row.0, &row.1.name, |home| home.site)),
                name::NGI if labels.len() > 1 => {
                    frame::text(label.name, &rows, |row| self.home(row.0, &row.1.name, |home| home.ngi))
                }
                _ => frame::text(label.name, &rows, |row| Some(row.1.name.as_str())),
            });
        }
        let counts = metric.counts().iter().enumerate();
        columns.extend(counts.map(|(at, spec)| frame::number(spec.name, &rows, |row| row.1.counts.get(at).copied())));
        columns
    }

    pub(crate) fn home(&self, place: usize, team: &str, of: impl Fn(Home) -> Name) -> Option<&str> {
        let home = self.tally.home(place, self.facts.names.find(team)?)?;
        Some(self.facts.names.show(of(home))).filter(|name| !name.is_empty())
    }

    fn teams_per_release(&self) -> Vec<Column> {
        let rows = &self.months;
        let teams = |month: &MonthReport| month.teams_per_release.teams.clone();
        vec![
            month_column(rows, |row| row.month),
            frame::number(name::RELEASES, rows, |row| Some(teams(row).n)),
            frame::number(name::TEAMS, rows, |row| Some(teams(row).sum)),
            frame::number(name::WITHOUT_TEAM, rows, |row| Some(row.teams_per_release.without_team)),
            frame::made(name::MEAN_TEAMS, rows, |row| teams(row).mean_hundredths().map(show_hundredths)),
            frame::number(name::MEDIAN_TEAMS, rows, |row| teams(row).spread.percentiles().map(|[median, ..]| median)),
            frame::made(name::VALUES_TEAMS, rows, |row| teams(row).spread.listed()),
        ]
    }

    fn rollout_time(&self) -> Vec<Column> {
        let rows = &self.months;
        let mut columns = vec![
            month_column(rows, |row| row.month),
            frame::number(name::RELEASES, rows, |row| Some(row.rollout_time.seconds.n)),
            frame::number(name::LEFT_OUT, rows, |row| Some(row.rollout_time.left_out)),
        ];
        columns.extend(duration_columns(rows, |row| &row.rollout_time.seconds, true));
        columns.push(frame::number(name::DEFERRED_SECONDS, rows, |row| Some(row.rollout_time.deferred_seconds)));
        columns.push(frame::number(name::FAILED_SECONDS, rows, |row| Some(row.rollout_time.failed_seconds)));
        columns
    }

    fn report_delay(&self) -> Vec<Column> {
        let rows = &self.months;
        let mut columns = vec![
            month_column(rows, |row| row.month),
            frame::number(name::PUBLISHED, rows, |row| Some(row.report_delay.seconds.n)),
            frame::number(name::BEFORE_ACCEPTANCE, rows, |row| Some(row.report_delay.before_acceptance)),
        ];
        columns.extend(duration_columns(rows, |row| &row.report_delay.seconds, true));
        columns.push(frame::number(name::WITHOUT_REPORT, rows, |row| Some(row.report_delay.without_report)));
        columns
    }

    fn flow(&self) -> Vec<Column> {
        let rows: Vec<_> =
            self.months.iter().flat_map(|month| month.flow.iter().map(|row| (month.month, *row))).collect();
        vec![
            month_column(&rows, |row| row.0),
            frame::text(name::STATE, &rows, |row| Some(row.1.state.as_str())),
            frame::number(name::WIP_START, &rows, |row| Some(row.1.wip_start)),
            frame::number(name::ENTRIES, &rows, |row| Some(row.1.entries)),
            frame::number(name::EXITS, &rows, |row| Some(row.1.exits)),
            frame::number(name::WIP_END, &rows, |row| Some(row.1.wip_end)),
            Column::new(name::UNEXPLAINED.into(), rows.iter().map(|row| row.1.unexplained()).collect::<Vec<i64>>()),
        ]
    }

    fn time_in_state(&self) -> PolarsResult<Vec<Column>> {
        let months = self.months.iter();
        let rows: Vec<_> = months.flat_map(|month| month.time_in_state.iter().map(|row| (month.month, row))).collect();
        let mut columns = vec![
            month_column(&rows, |row| row.0),
            frame::text(name::STATE, &rows, |row| Some(row.1.state.as_str())),
            frame::number(name::RELEASES, &rows, |row| Some(row.1.seconds.n)),
            frame::number(name::STAYS, &rows, |row| Some(row.1.stays)),
            frame::number(name::LEFT_OUT, &rows, |row| Some(row.1.left_out)),
        ];
        columns.extend(duration_columns(&rows, |row| &row.1.seconds, false));
        let oldest = |row: &(Month, &TimeInState)| row.1.oldest_open;
        columns.extend([
            frame::number(name::OPEN, &rows, |row| Some(row.1.open)),
            frame::number(name::OLDEST_OPEN_TICKET, &rows, |row| oldest(row).map(|stay| stay.ticket.get())),
            frame::time(name::OLDEST_OPEN_ENTERED, &rows, |row| oldest(row).map(|stay| stay.entered))?,
            frame::number(name::OLDEST_OPEN_SECONDS, &rows, |row| oldest(row).and_then(|stay| stay.seconds)),
        ]);
        Ok(columns)
    }
}

/// Percentiles and listed values; before them mean, least and greatest where they are `wanted`.
fn duration_columns<'r, T>(rows: &'r [T], of: impl Fn(&'r T) -> &'r Distribution, wanted: bool) -> Vec<Column> {
    let values: Vec<&Distribution> = rows.iter().map(of).collect();
    let percentile =
        |place: usize| move |of: &&Distribution| of.spread.percentiles().and_then(|values| values.get(place).copied());
    let mut columns = Vec::new();
    if wanted {
        columns.push(frame::number(name::MEAN_SECONDS, &values, |of| of.mean()));
        columns.push(frame::number(name::MIN_SECONDS, &values, |of| of.min));
        columns.push(frame::number(name::MAX_SECONDS, &values, |of| of.max));
    }
    columns.push(frame::number(name::MEDIAN_SECONDS, &values, percentile(0)));
    columns.push(frame::number(name::P85_SECONDS, &values, percentile(1)));
    columns.push(frame::number(name::P95_SECONDS, &values, percentile(2)));
    columns.push(frame::made(name::VALUES_SECONDS, &values, |of| of.spread.listed()));
    columns
}

/// A number in hundredths with its decimal point.
fn show_hundredths(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
