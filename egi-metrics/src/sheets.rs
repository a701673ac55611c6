//! The files of a report: each a sheet with the columns that the catalogue names.

use std::fmt::Write as _;
use std::io::Write;

use egi_model::month::Month;
use egi_model::ticket::TicketId;
use polars::prelude::{Column, DataFrame, PolarsResult};

use crate::catalog::{FILES, METRICS, MetricSpec, id};
use crate::columns::{FactColumns, Name};
use crate::definitions;
use crate::error::MetricsError;
use crate::format::{Format, csv_field, push_time, write_frame};
use crate::frame::{self, frame, name};
use crate::quality::Problem;
use crate::record::RecordId;
use crate::report::{MonthReport, Report};
use crate::spread::Distribution;
use crate::stay::{self, Cut, Seen};
use crate::tally::{Event, Home};

/// The names of a report's sheets, in the order of the catalogue. A file is named after its sheet and its format.
#[must_use]
pub fn sheets() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.file).chain(FILES.iter().map(|file| file.name)).collect()
}

impl Report<'_> {
    /// Writes one sheet. The same facts give the same bytes. A sheet by another name is refused.
    pub fn write(&self, sheet: &str, format: Format, out: &mut (impl Write + Send)) -> Result<(), MetricsError> {
        let Some(sheet) = sheets().into_iter().find(|known| *known == sheet) else {
            return Err(MetricsError::UnknownSheet { sheet: sheet.to_owned() });
        };
        let written = match (sheet, format) {
            // These can have many millions of lines.
            ("lineage", Format::Csv) => self.stream_lineage(out),
            ("stays", Format::Csv) => self.stream_stays(out),
            _ => self.frame(sheet).and_then(|mut frame| write_frame(&mut frame, format, out)),
        };
        written.map_err(|source| MetricsError::Write { sheet, source })
    }

    /// One sheet as a frame, to go on with. A sheet by another name is empty.
    pub fn frame(&self, sheet: &str) -> PolarsResult<DataFrame> {
        if let Some(metric) = METRICS.iter().find(|metric| metric.file == sheet) {
            return frame(self.metric(metric)?);
        }
        frame(match sheet {
            "m-sa1-3-1-releases" => self.rollout_ends_columns()?,
            "m-sa1-3-4-releases" => self.passages_columns()?,
            "m-sa1-3-5-releases" => self.publications_columns()?,
            "skips" => self.events_columns(&self.tally.skips)?,
            "rejections" => self.events_columns(&self.tally.rejections)?,
            "overrides" => self.events_columns(&self.tally.overrides)?,
            "stays" => self.stays_columns()?,
            "lineage" => self.lineage_columns(),
            "restatements" => self.restatements_columns(),
            "data-quality" => self.problems_columns(&self.problems)?,
            "definitions" => definitions::columns(),
            _ => Vec::new(),
        })
    }

    fn metric(&self, metric: &'static MetricSpec) -> PolarsResult<Vec<Column>> {
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
        let oldest = |row: &(Month, &crate::waiting::TimeInState)| row.1.oldest_open;
        columns.extend([
            frame::number(name::OPEN, &rows, |row| Some(row.1.open)),
            frame::number(name::OLDEST_OPEN_TICKET, &rows, |row| oldest(row).map(|stay| stay.ticket.get())),
            frame::time(name::OLDEST_OPEN_ENTERED, &rows, |row| oldest(row).map(|stay| stay.entered))?,
            frame::number(name::OLDEST_OPEN_SECONDS, &rows, |row| oldest(row).and_then(|stay| stay.seconds)),
        ]);
        Ok(columns)
    }

    fn month_of(&self, place: usize) -> Option<Month> {
        self.window.months().get(place).copied()
    }

    fn shown_month<T>(&self, rows: &[T], place: impl Fn(&T) -> usize) -> Column {
        frame::made(name::MONTH, rows, |row| self.month_of(place(row)).map(|month| month.to_string()))
    }

    fn release_columns<T>(&self, rows: &[T], of: impl Fn(&T) -> (u64, u32, RecordId)) -> [Column; 4] {
        let log = &self.facts.transitions;
        let provider = |row: u32| log.provider.get(row as usize).filter(|provider| **provider != Name::NONE);
        let texts: Vec<_> = rows.iter().map(&of).collect();
        [
            frame::number(name::TICKET, &texts, |(ticket, _, _)| Some(*ticket)),
            frame::text(name::RELEASE, &texts, |(_, row, _)| log.release.get(*row)),
            frame::text(name::PROVIDER, &texts, |(_, row, _)| provider(*row).map(|name| self.facts.names.show(*name))),
            frame::made(name::RECORD, &texts, |(_, _, record)| Some(self.facts.sources.show(*record).to_string())),
        ]
    }

    fn rollout_ends_columns(&self) -> PolarsResult<Vec<Column>> {
        let rows = &self.tally.rollouts;
        let mut columns = vec![self.shown_month(rows, |row| row.month)];
        columns.extend(self.release_columns(rows, |row| (row.ticket, row.row, row.record)));
        columns.push(frame::micros(name::ENDED, rows, |row| Some(row.at))?);
        columns.push(frame::text(name::STATE, rows, |row| Some(row.outcome.as_str())));
        columns.push(frame::number(name::TEAMS, rows, |row| Some(row.teams.into())));
        Ok(columns)
    }

    fn passages_columns(&self) -> PolarsResult<Vec<Column>> {
        let rows = &self.tally.passages;
        let mut columns = vec![self.shown_month(rows, |row| row.month)];
        columns.extend(self.release_columns(rows, |row| (row.ticket, row.row, row.record)));
        columns.push(frame::micros(name::ENTERED, rows, |row| row.entered)?);
        columns.push(frame::micros(name::ACCEPTED, rows, |row| Some(row.accepted))?);
        columns.push(frame::number(name::SECONDS, rows, |row| row.seconds));
        columns.push(frame::number(name::DEFERRED_SECONDS, rows, |row| Some(row.deferred)));
        columns.push(frame::number(name::FAILED_SECONDS, rows, |row| Some(row.failed)));
        Ok(columns)
    }

    fn publications_columns(&self) -> PolarsResult<Vec<Column>> {
        let rows = &self.tally.publications;
        let age = |row: &crate::tally::Publication| {
            let missing = row.published.is_none();
            missing.then(|| crate::log::whole_seconds(row.accepted, self.measured(row.month))).flatten()
        };
        let mut columns = vec![self.shown_month(rows, |row| row.month)];
        columns.extend(self.release_columns(rows, |row| (row.ticket, row.row, row.record)));
        columns.push(frame::micros(name::ACCEPTED, rows, |row| Some(row.accepted))?);
        columns.push(frame::micros(name::PUBLISHED, rows, |row| row.published)?);
        columns.push(frame::number(name::SECONDS, rows, |row| row.seconds));
        columns.push(frame::number(name::AGE_SECONDS, rows, age));
        Ok(columns)
    }

    fn events_columns(&self, rows: &[Event]) -> PolarsResult<Vec<Column>> {
        let log = &self.facts.transitions;
        let texts: Vec<u32> = rows.iter().map(|event| event.row).collect();
        let mut columns = vec![self.shown_month(rows, |row| row.month)];
        columns.extend(self.release_columns(rows, |row| (row.ticket, row.row, row.record)));
        columns.push(frame::micros(name::TIME, rows, |row| Some(row.at))?);
        columns.push(frame::text(name::FROM, rows, |row| Some(row.stood.as_str())));
        columns.push(frame::text(name::ASKED, rows, |row| Some(row.asked.as_str())));
        columns.push(frame::text(name::BY, &texts, |row| log.by.get(*row)));
        columns.push(frame::text(name::REASONS, &texts, |row| log.reasons.get(*row)));
        Ok(columns)
    }

    fn restatements_columns(&self) -> Vec<Column> {
        let rows = &self.restatements;
        vec![
            month_column(rows, |row| row.month),
            frame::text(name::METRIC, rows, |row| Some(row.metric.as_str())),
            frame::text(name::ROW, rows, |row| Some(row.row.as_str())),
            frame::text(name::COLUMN, rows, |row| Some(row.column.as_str())),
            frame::text(name::OLD, rows, |row| row.old.as_deref()),
            frame::text(name::NEW, rows, |row| row.new.as_deref()),
            frame::text(name::REASON, rows, |row| Some(row.reason.as_str())),
        ]
    }

    fn problems_columns(&self, problems: &[Problem]) -> PolarsResult<Vec<Column>> {
        let shown = |record: RecordId| self.facts.sources.show(record).to_string();
        Ok(vec![
            frame::made(name::MONTH, problems, |problem| problem.month.map(|month| month.to_string())),
            frame::text(name::PROBLEM, problems, |problem| Some(problem.kind.as_str())),
            frame::number(name::TICKET, problems, |problem| problem.ticket.map(TicketId::get)),
            frame::made(name::RECORD, problems, |problem| problem.record.map(shown)),
            frame::time(name::TIME, problems, |problem| problem.at)?,
            frame::text(name::DETAIL, problems, |problem| Some(problem.detail.as_str())),
        ])
    }

    fn lineage_columns(&self) -> Vec<Column> {
        let cells = self.tally.trace.listed(self.facts);
        let rows: Vec<_> = cells.iter().flat_map(|(key, traced)| traced.iter().map(|one| (*key, *one))).collect();
        let shown = |record: RecordId| self.facts.sources.show(record).to_string();
        vec![
            frame::text(name::METRIC, &rows, |((cell, _, _), _)| Some(cell.metric())),
            self.shown_month(&rows, |((_, month, _), _)| usize::from(*month)),
            frame::text(name::ROW, &rows, |((_, _, row), _)| Some(row.show(self.facts))),
            frame::text(name::COLUMN, &rows, |((cell, _, _), _)| Some(cell.column())),
            frame::number(name::TICKET, &rows, |(_, traced)| Some(traced.ticket)),
            frame::made(name::RECORD, &rows, |(_, traced)| traced.record().map(shown)),
        ]
    }

    fn stream_lineage(&self, out: &mut impl Write) -> PolarsResult<()> {
        out.write_all(header("lineage").as_bytes())?;
        let mut line = String::new();
        for ((cell, month, row), traced) in self.tally.trace.listed(self.facts) {
            let month = self.month_of(month.into()).map(|month| month.to_string()).unwrap_or_default();
            let begin = format!("{},{month},{},{},", cell.metric(), csv_field(row.show(self.facts)), cell.column());
            for one in traced {
                line.clear();
                line.push_str(&begin);
                push_number(&mut line, one.ticket);
                line.push(',');
                if let Some(record) = one.record() {
                    push_record(&mut line, self.facts, record);
                }
                line.push_str("\r\n");
                out.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The stays that lasted in the window or a part of it, as known at its end.
    fn cut(&self) -> Option<Cut> {
        let last = self.window.len().checked_sub(1)?;
        let from = self.window.months().first()?.start().timestamp_micros();
        Some(Cut { from: Some(from), before: self.window.end(last), measured: self.measured(last) })
    }

    fn stays_columns(&self) -> PolarsResult<Vec<Column>> {
        let mut rows = Vec::new();
        if let Some(cut) = self.cut() {
            stay::each(self.facts, cut, |seen| rows.push(*seen));
        }
        stays_columns(self.facts, &rows)
    }

    fn stream_stays(&self, out: &mut impl Write) -> PolarsResult<()> {
        let Some(cut) = self.cut() else { return Ok(out.write_all(header("stays").as_bytes())?) };
        Ok(stream_stays(self.facts, cut, out)?)
    }
}

/// All stays as seen at an instant, written as the sheet `stays` has them.
pub fn write_stays(
    facts: &FactColumns,
    until: chrono::DateTime<chrono::Utc>,
    from: Option<chrono::DateTime<chrono::Utc>>,
    out: &mut impl Write,
) -> Result<(), MetricsError> {
    let until = until.timestamp_micros();
    let cut = Cut {
        from: from.map(|from| from.timestamp_micros()),
        before: until.saturating_add(1),
        measured: until.min(facts.as_of.timestamp_micros()),
    };
    stream_stays(facts, cut, out).map_err(|source| MetricsError::Write { sheet: "stays", source: source.into() })
}

fn stays_columns(facts: &FactColumns, rows: &[Seen]) -> PolarsResult<Vec<Column>> {
    let shown = |record: RecordId| facts.sources.show(record).to_string();
    Ok(vec![
        frame::number(name::TICKET, rows, |seen| Some(seen.ticket)),
        frame::text(name::RELEASE, rows, |seen| seen.release(facts)),
        frame::text(name::PROVIDER, rows, |seen| seen.provider(facts)),
        frame::text(name::STATE, rows, |seen| Some(seen.span.state.as_str())),
        frame::number(name::STAY, rows, |seen| Some(seen.span.number.into())),
        frame::micros(name::ENTERED, rows, |seen| Some(seen.span.entered.at))?,
        frame::micros(name::LEFT, rows, |seen| seen.left.map(|mark| mark.at))?,
        frame::number(name::SECONDS, rows, |seen| seen.seconds),
        frame::text(name::ENTERED_BY, rows, |seen| seen.entered_by(facts)),
        frame::text(name::LEFT_BY, rows, |seen| seen.left_by(facts)),
        frame::made(name::ENTERED_RECORD, rows, |seen| seen.span.entered.record.map(shown)),
        frame::made(name::LEFT_RECORD, rows, |seen| seen.left.and_then(|mark| mark.record).map(shown)),
    ])
}

fn stream_stays(facts: &FactColumns, cut: Cut, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(header("stays").as_bytes())?;
    let mut line = String::new();
    let mut written = Ok(());
    stay::each(facts, cut, |seen| {
        if written.is_ok() {
            line.clear();
            push_stay(&mut line, facts, seen);
            written = out.write_all(line.as_bytes());
        }
    });
    written
}

fn push_stay(line: &mut String, facts: &FactColumns, seen: &Seen) {
    push_number(line, seen.ticket);
    for text in [seen.release(facts), seen.provider(facts), Some(seen.span.state.as_str())] {
        line.push(',');
        line.push_str(&csv_field(text.unwrap_or_default()));
    }
    line.push(',');
    push_number(line, seen.span.number.into());
    line.push(',');
    push_time(line, seen.span.entered.at);
    line.push(',');
    if let Some(mark) = seen.left {
        push_time(line, mark.at);
    }
    line.push(',');
    if let Some(seconds) = seen.seconds {
        push_number(line, seconds);
    }
    for text in [seen.entered_by(facts), seen.left_by(facts)] {
        line.push(',');
        line.push_str(&csv_field(text.unwrap_or_default()));
    }
    for record in [seen.span.entered.record, seen.left.and_then(|mark| mark.record)] {
        line.push(',');
        if let Some(record) = record {
            push_record(line, facts, record);
        }
    }
    line.push_str("\r\n");
}

fn push_number(line: &mut String, number: u64) {
    line.push_str(itoa::Buffer::new().format(number));
}

fn push_record(line: &mut String, facts: &FactColumns, record: RecordId) {
    match record.source() {
        0 => push_number(line, record.number()),
        // Writing to a string can not fail.
        _ => drop(write!(line, "{}", facts.sources.show(record))),
    }
}

/// The header line of a sheet of [`FILES`].
fn header(sheet: &str) -> String {
    let columns = FILES.iter().find(|file| file.name == sheet).map(|file| file.columns).unwrap_or_default();
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(",") + "\r\n"
}

fn month_column<T>(rows: &[T], month: impl Fn(&T) -> Month) -> Column {
    frame::made(name::MONTH, rows, |row| Some(month(row).to_string()))
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
