//! The sheets that go release by release.

use polars::prelude::{Column, PolarsResult};

use crate::columns::Name;
use crate::frame::{self, name};
use crate::record::RecordId;
use crate::report::Report;
use crate::tally::{Event, Publication};

impl Report<'_> {
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

    pub(super) fn rollout_ends_columns(&self) -> PolarsResult<Vec<Column>> {
        let rows = &self.tally.rollouts;
        let mut columns = vec![self.shown_month(rows, |row| row.month)];
        columns.extend(self.release_columns(rows, |row| (row.ticket, row.row, row.record)));
        columns.push(frame::micros(name::ENDED, rows, |row| Some(row.at))?);
        columns.push(frame::text(name::STATE, rows, |row| Some(row.outcome.as_str())));
        columns.push(frame::number(name::TEAMS, rows, |row| Some(row.teams.into())));
        Ok(columns)
    }

    pub(super) fn passages_columns(&self) -> PolarsResult<Vec<Column>> {
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

    pub(super) fn publications_columns(&self) -> PolarsResult<Vec<Column>> {
        let rows = &self.tally.publications;
        let age = |row: &Publication| {
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

    pub(super) fn events_columns(&self, rows: &[Event]) -> PolarsResult<Vec<Column>> {
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
}
