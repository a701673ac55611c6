//! Frames: the names of their columns, how facts become columns, and how columns become CSV.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use egi_model::month::Month;
use egi_model::ticket::TicketId;
use polars::prelude::{Column, DataFrame, IntoLazy, LazyFrame, PolarsResult, SerWriter};
use polars_io::prelude::CsvWriter;

use crate::error::MetricsError;
use crate::facts::Submission;
use crate::log::{Followed, Settled};
use crate::stay::{Mark, Span};
use crate::table::UNKNOWN_PROVIDER;

/// The names of columns, in frames and in files.
pub(crate) mod name {
    // What a row is about.
    pub(crate) const MONTH: &str = "month";
    pub(crate) const PROVIDER: &str = "provider";
    pub(crate) const STATE: &str = "state";
    pub(crate) const TICKET: &str = "ticket";
    pub(crate) const RELEASE: &str = "release";
    pub(crate) const RECORD: &str = "record";

    // Records.
    pub(crate) const STOOD: &str = "stood";
    pub(crate) const ASKED: &str = "asked";
    pub(crate) const OUTCOME: &str = "outcome";

    // Stays.
    pub(crate) const STAY: &str = "stay";
    pub(crate) const ENTERED: &str = "entered";
    pub(crate) const LEFT: &str = "left";
    pub(crate) const SECONDS: &str = "seconds";
    pub(crate) const ENTERED_BY: &str = "entered_by";
    pub(crate) const LEFT_BY: &str = "left_by";
    pub(crate) const ENTERED_RECORD: &str = "entered_record";
    pub(crate) const LEFT_RECORD: &str = "left_record";
    pub(crate) const ENTERED_MONTH: &str = "entered_month";
    pub(crate) const LEFT_MONTH: &str = "left_month";

    // Lineage.
    pub(crate) const METRIC: &str = "metric";
    pub(crate) const ROW: &str = "row";
    pub(crate) const COLUMN: &str = "column";
    pub(crate) const COUNT: &str = "count";

    // Counts of releases and requests.
    pub(crate) const DELIVERED: &str = "delivered";
    pub(crate) const CREATED: &str = "created";
    pub(crate) const NOT_DELIVERED: &str = "not_delivered";
    pub(crate) const ENDED_UNDELIVERED: &str = "ended_undelivered";
    pub(crate) const VERIFIED: &str = "verified";
    pub(crate) const ACCEPTED: &str = "accepted";
    pub(crate) const EMERGENCY_SKIPS: &str = "emergency_skips";
    pub(crate) const REJECTED: &str = "rejected";
    pub(crate) const IGNORED: &str = "ignored";
    pub(crate) const NOT_PUBLISHED: &str = "not_published";
    pub(crate) const FAILED_REQUESTS: &str = "failed_requests";
    pub(crate) const REFUSED_REQUESTS: &str = "refused_requests";

    // Flow.
    pub(crate) const WIP_START: &str = "wip_start";
    pub(crate) const ENTRIES: &str = "entries";
    pub(crate) const EXITS: &str = "exits";
    pub(crate) const WIP_END: &str = "wip_end";
    pub(crate) const UNEXPLAINED: &str = "unexplained";

    // Time in state.
    pub(crate) const RELEASES: &str = "releases";
    pub(crate) const STAYS: &str = "stays";
    pub(crate) const LEFT_OUT: &str = "left_out";
    pub(crate) const MEDIAN_SECONDS: &str = "median_seconds";
    pub(crate) const P85_SECONDS: &str = "p85_seconds";
    pub(crate) const P95_SECONDS: &str = "p95_seconds";
    pub(crate) const VALUES_SECONDS: &str = "values_seconds";
    pub(crate) const OPEN: &str = "open";
    pub(crate) const OLDEST_OPEN_TICKET: &str = "oldest_open_ticket";
    pub(crate) const OLDEST_OPEN_ENTERED: &str = "oldest_open_entered";
    pub(crate) const OLDEST_OPEN_SECONDS: &str = "oldest_open_seconds";

    // Data quality and definitions.
    pub(crate) const PROBLEM: &str = "problem";
    pub(crate) const TIME: &str = "time";
    pub(crate) const DETAIL: &str = "detail";
    pub(crate) const VERSION: &str = "version";
    pub(crate) const TITLE: &str = "title";
    pub(crate) const UNIT: &str = "unit";
    pub(crate) const DEFINITION: &str = "definition";
}

/// A column of whole numbers.
pub(crate) fn number<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<u64>) -> Column {
    Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
}

/// A column of text.
pub(crate) fn text<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<String>) -> Column {
    Column::new(name.into(), rows.iter().map(value).collect::<Vec<_>>())
}

/// A column of instants as text: UTC, with a fraction of a second only where there is one.
pub(crate) fn time<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<DateTime<Utc>>) -> Column {
    text(name, rows, |row| value(row).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
}

/// An instant as a number that compares as the instants do.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

fn instant<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<DateTime<Utc>>) -> Column {
    Column::new(name.into(), rows.iter().map(|row| value(row).map(micros)).collect::<Vec<_>>())
}

fn month<T>(name: &str, rows: &[T], value: impl Fn(&T) -> Option<DateTime<Utc>>) -> Column {
    text(name, rows, |row| value(row).map(|at| Month::of(at).to_string()))
}

/// What the log says, as frames to select from.
pub(crate) struct Frames {
    /// The log's records, in its order.
    pub(crate) records: LazyFrame,
    /// The tickets' creations.
    pub(crate) submissions: LazyFrame,
    /// Every stay of every release.
    pub(crate) spans: LazyFrame,
}

impl Frames {
    pub(crate) fn of(followed: &Followed<'_>) -> PolarsResult<Self> {
        Ok(Self {
            records: records(&followed.settled)?.lazy(),
            submissions: submissions(&followed.submitted)?.lazy(),
            spans: spans(&followed.spans)?.lazy(),
        })
    }
}

fn records(rows: &[Settled<'_>]) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(vec![
        number(name::RECORD, rows, |row| Some(row.fact.seq)),
        number(name::TICKET, rows, |row| Some(row.fact.ticket.get())),
        month(name::MONTH, rows, |row| Some(row.fact.at)),
        text(name::PROVIDER, rows, |row| Some(shown_provider(row.fact.provider.as_deref()))),
        text(name::STOOD, rows, |row| Some(row.stood.to_string())),
        text(name::ASKED, rows, |row| Some(row.fact.asked.to_string())),
        text(name::OUTCOME, rows, |row| Some(row.fact.outcome.to_string())),
    ])
}

fn shown_provider(given: Option<&str>) -> String {
    given.map(str::trim).filter(|provider| !provider.is_empty()).unwrap_or(UNKNOWN_PROVIDER).to_owned()
}

fn submissions(submitted: &BTreeMap<TicketId, &Submission>) -> PolarsResult<DataFrame> {
    let rows: Vec<_> = submitted.values().collect();
    DataFrame::new_infer_height(vec![
        number(name::TICKET, &rows, |created| Some(created.ticket.get())),
        month(name::MONTH, &rows, |created| Some(created.at)),
        number(name::RECORD, &rows, |created| created.record),
    ])
}

fn spans(rows: &[Span<'_>]) -> PolarsResult<DataFrame> {
    DataFrame::new_infer_height(vec![
        number(name::TICKET, rows, |span| Some(span.ticket.get())),
        text(name::STATE, rows, |span| Some(span.state.to_string())),
        instant(name::ENTERED, rows, |span| Some(span.entered.at())),
        instant(name::LEFT, rows, |span| span.left.map(Mark::at)),
        month(name::ENTERED_MONTH, rows, |span| Some(span.entered.at())),
        month(name::LEFT_MONTH, rows, |span| span.left.map(Mark::at)),
        number(name::SECONDS, rows, Span::seconds),
        number(name::ENTERED_RECORD, rows, |span| span.entered.record()),
        number(name::LEFT_RECORD, rows, |span| span.left.and_then(Mark::record)),
    ])
}

/// A file of these columns, as RFC 4180 has it.
pub(crate) fn render_csv(file: &'static str, columns: Vec<Column>) -> Result<Vec<u8>, MetricsError> {
    let written = DataFrame::new_infer_height(columns).and_then(|mut table| render_frame(&mut table));
    written.map_err(|source| MetricsError::Write { file, source })
}

fn render_frame(table: &mut DataFrame) -> PolarsResult<Vec<u8>> {
    let mut bytes = Vec::new();
    CsvWriter::new(&mut bytes).with_line_terminator("\r\n".into()).finish(table)?;
    Ok(bytes)
}
