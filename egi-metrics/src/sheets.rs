//! The files of a report: each a sheet with the columns that the catalogue names.

mod line;
mod lineage;
mod metric;
mod releases;
mod stays;

use std::io::Write;

use egi_model::month::Month;
use egi_model::ticket::TicketId;
use polars::prelude::{Column, DataFrame, PolarsResult};

pub use self::stays::write_stays;
use crate::catalog::{FILES, METRICS};
use crate::definitions;
use crate::error::MetricsError;
use crate::format::{Format, write_frame};
use crate::frame::{self, frame, name};
use crate::quality::Problem;
use crate::record::RecordId;
use crate::report::Report;

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

    fn month_of(&self, place: usize) -> Option<Month> {
        self.window.months().get(place).copied()
    }

    fn shown_month<T>(&self, rows: &[T], place: impl Fn(&T) -> usize) -> Column {
        frame::made(name::MONTH, rows, |row| self.month_of(place(row)).map(|month| month.to_string()))
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
}

fn month_column<T>(rows: &[T], month: impl Fn(&T) -> Month) -> Column {
    frame::made(name::MONTH, rows, |row| Some(month(row).to_string()))
}
