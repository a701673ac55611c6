//! Writes facts into files.

use std::io::Write;

use egi_model::release::Emergency;
use polars::prelude::{Column, PolarsResult};

use super::Kind;
use crate::error::MetricsError;
use crate::facts::{Facts, TeamOutcome};
use crate::format::{Format, write_frame};
use crate::frame::{self, frame, made, number, text, time};
use crate::record::{RecordId, Sources};

/// Writes the facts of one kind, in the order of their records. The same facts give the same bytes.
pub fn write_facts(
    facts: &Facts,
    kind: Kind,
    format: Format,
    out: &mut (impl Write + Send),
) -> Result<(), MetricsError> {
    let columns = match kind {
        Kind::Transitions => transitions(facts),
        Kind::Submissions => submissions(facts),
        Kind::Participations => participations(facts),
        Kind::Reports => reports(facts),
    };
    let written = columns.and_then(frame).and_then(|mut frame| write_frame(&mut frame, format, out));
    written.map_err(|source| MetricsError::File { action: "write", file: kind.to_string(), source })
}

fn source<T>(rows: &[T], sources: &Sources, record: impl Fn(&T) -> Option<RecordId>) -> Column {
    made("source", rows, |row| {
        let source = record(row)?.source().checked_sub(1)?;
        sources.names().get(source).cloned()
    })
}

fn transitions(facts: &Facts) -> PolarsResult<Vec<Column>> {
    let mut rows: Vec<_> = facts.transitions.iter().collect();
    rows.sort_by_key(|fact| (fact.record.order(), fact.at));
    Ok(vec![
        source(&rows, &facts.sources, |fact| Some(fact.record)),
        number("record", &rows, |fact| Some(fact.record.number())),
        number("ticket", &rows, |fact| Some(fact.ticket.get())),
        time("at", &rows, |fact| Some(fact.at))?,
        text("from", &rows, |fact| Some(fact.from.as_str())),
        text("asked", &rows, |fact| Some(fact.asked.as_str())),
        text("to", &rows, |fact| Some(fact.to.as_str())),
        text("outcome", &rows, |fact| Some(fact.outcome.as_str())),
        text("by", &rows, |fact| fact.by.as_deref()),
        text("emergency", &rows, |fact| Some(if fact.emergency == Emergency::Yes { "Yes" } else { "No" })),
        text("provider", &rows, |fact| fact.provider.as_deref()),
        text("release", &rows, |fact| fact.release.as_deref()),
        text("reasons", &rows, |fact| fact.reasons.as_deref()),
    ])
}

fn submissions(facts: &Facts) -> PolarsResult<Vec<Column>> {
    let mut rows: Vec<_> = facts.submitted.iter().collect();
    rows.sort_unstable();
    Ok(vec![
        source(&rows, &facts.sources, |fact| fact.record),
        number("record", &rows, |fact| fact.record.map(RecordId::number)),
        number("ticket", &rows, |fact| Some(fact.ticket.get())),
        time("at", &rows, |fact| Some(fact.at))?,
        text("by", &rows, |fact| fact.by.as_deref()),
    ])
}

fn participations(facts: &Facts) -> PolarsResult<Vec<Column>> {
    let mut rows: Vec<_> = facts.participations.iter().collect();
    rows.sort_by_key(|fact| (fact.record.order(), fact.ticket));
    Ok(vec![
        source(&rows, &facts.sources, |fact| Some(fact.record)),
        number("record", &rows, |fact| Some(fact.record.number())),
        number("ticket", &rows, |fact| Some(fact.ticket.get())),
        text("team", &rows, |fact| Some(fact.team.as_str())),
        text("site", &rows, |fact| fact.site.as_deref()),
        text("ngi", &rows, |fact| fact.ngi.as_deref()),
        text("participation", &rows, |fact| Some(fact.participation.as_str())),
        text("outcome", &rows, |fact| fact.outcome.map(TeamOutcome::as_str)),
        time("invited", &rows, |fact| fact.invited)?,
        time("answered", &rows, |fact| fact.answered)?,
        time("started", &rows, |fact| fact.started)?,
        time("finished", &rows, |fact| fact.finished)?,
        text("report", &rows, |fact| fact.report.as_deref()),
    ])
}

fn reports(facts: &Facts) -> PolarsResult<Vec<Column>> {
    let mut rows: Vec<_> = facts.published.iter().collect();
    rows.sort_by_key(|fact| (fact.record.order(), fact.at));
    Ok(vec![
        source(&rows, &facts.sources, |fact| Some(fact.record)),
        number("record", &rows, |fact| Some(fact.record.number())),
        number("ticket", &rows, |fact| Some(fact.ticket.get())),
        frame::time("at", &rows, |fact| Some(fact.at))?,
        text("link", &rows, |fact| fact.link.as_deref()),
    ])
}
