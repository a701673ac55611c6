//! The sheet `stays`: time in state, stay by stay.

use std::io::Write;

use polars::prelude::{Column, PolarsResult};

use super::line::{header, push_number, push_record};
use crate::columns::FactColumns;
use crate::error::MetricsError;
use crate::format::{csv_field, push_time};
use crate::frame::{self, name};
use crate::record::RecordId;
use crate::report::Report;
use crate::stay::{self, Cut, Seen};

impl Report<'_> {
    /// The stays that lasted in the window or a part of it, as known at its end.
    fn cut(&self) -> Option<Cut> {
        let last = self.window.len().checked_sub(1)?;
        let from = self.window.months().first()?.start().timestamp_micros();
        Some(Cut { from: Some(from), before: self.window.end(last), measured: self.measured(last) })
    }

    pub(super) fn stays_columns(&self) -> PolarsResult<Vec<Column>> {
        let mut rows = Vec::new();
        if let Some(cut) = self.cut() {
            stay::each(self.facts, cut, |seen| rows.push(*seen));
        }
        stays_columns(self.facts, &rows)
    }

    pub(super) fn stream_stays(&self, out: &mut impl Write) -> PolarsResult<()> {
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
