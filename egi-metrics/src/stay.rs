//! Stays: one for every time a release is in a state, with when, how long, and who moved it (the "Pending" request of
//! the specification).

use chrono::{DateTime, Utc};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::columns::{FactColumns, Micros};
use crate::log::{Journey, Mark, Span, whole_seconds};
use crate::order::Ordered;
use crate::quality::instant;
use crate::record::RecordId;

/// One stay of a release in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// The release's ticket.
    pub ticket: TicketId,
    /// Product and version, as the record that began the stay has it, else the record that ended it.
    pub release: Option<String>,
    /// The technology provider, from the same records.
    pub provider: Option<String>,
    /// Its place among the release's stays, from 1.
    pub number: u32,
    /// The state.
    pub state: RolloutState,
    /// When it began.
    pub entered: DateTime<Utc>,
    /// When it ended; `None` while it lasts.
    pub left: Option<DateTime<Utc>>,
    /// Whole seconds from begin to end; while it lasts, to when it is looked at. `None` where the log has the end
    /// before the begin, and for a release that has come to its end: it no longer waits.
    pub seconds: Option<u64>,
    /// Who asked for what began it, or created the ticket; `None` where the log does not say.
    pub entered_by: Option<String>,
    /// Who asked for what ended it.
    pub left_by: Option<String>,
    /// The log record that began it; `None` for a creation that the log has no record of.
    pub entered_record: Option<RecordId>,
    /// The log record that ended it.
    pub left_record: Option<RecordId>,
}

/// All stays as seen at `until`, by ticket and in order. What happened later is not known yet: a stay that ended after
/// `until` lasts.
#[must_use]
pub fn stays(facts: &FactColumns, until: DateTime<Utc>) -> Vec<Stay> {
    let until = until.timestamp_micros();
    // A cut is exclusive, as the end of a month is; what happened at `until` itself is to be seen here.
    let cut = Cut { from: None, before: until.saturating_add(1), measured: until };
    let mut stays = Vec::new();
    each(facts, cut, |stay| stays.extend(stay.own(facts)));
    stays
}

/// From where the log is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Stays that had ended before this are left out, and so are releases that had come to their end.
    pub(crate) from: Option<Micros>,
    /// What happened from here on is not known.
    pub(crate) before: Micros,
    /// When ages are measured.
    pub(crate) measured: Micros,
}

/// A stay as known at a cut, with its texts still in the columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) ticket: u64,
    pub(crate) span: Span,
    /// `None` while it lasts.
    pub(crate) left: Option<Mark>,
    pub(crate) seconds: Option<u64>,
    /// Whether the ticket's creation began it, and its row there.
    created: Option<u32>,
}

/// Follows every ticket and shows its stays as known at `cut`.
pub(crate) fn each(facts: &FactColumns, cut: Cut, mut show: impl FnMut(&Seen)) {
    let ordered = Ordered::of(facts);
    let mut journey = Journey::new(facts);
    for rows in ordered.tickets() {
        journey.follow(rows);
        journey.spans.iter().filter_map(|span| Seen::at(&journey, span, cut)).for_each(|seen| show(&seen));
        journey.problems.clear();
    }
}

impl Seen {
    fn at(journey: &Journey<'_>, span: &Span, cut: Cut) -> Option<Self> {
        let entered = span.entered.at;
        let left = span.left.filter(|mark| mark.at < cut.before);
        let lasted = |from: Micros| entered >= from || left.map_or(!span.state.is_terminal(), |mark| mark.at >= from);
        if entered >= cut.before || !cut.from.is_none_or(lasted) {
            return None;
        }
        let seconds = match left {
            Some(mark) => whole_seconds(entered, mark.at),
            None if span.state.is_terminal() => None,
            None => whole_seconds(entered, cut.measured),
        };
        let created = journey.created.map(|(row, _)| row).filter(|_| span.entered.row.is_none());
        Some(Self { ticket: journey.ticket, span: *span, left, seconds, created })
    }

    /// The first of its records that has a text.
    fn told<'f>(&self, of: impl Fn(u32) -> Option<&'f str>) -> Option<&'f str> {
        let rows = [self.span.entered.row, self.left.and_then(|mark| mark.row)];
        rows.into_iter().flatten().find_map(of)
    }

    pub(crate) fn release<'f>(&self, facts: &'f FactColumns) -> Option<&'f str> {
        self.told(|row| facts.transitions.release.get(row))
    }

    pub(crate) fn provider<'f>(&self, facts: &'f FactColumns) -> Option<&'f str> {
        let shown = |row: u32| facts.transitions.provider.get(row as usize).map(|name| facts.names.show(*name));
        self.told(|row| shown(row).filter(|text| !text.is_empty()))
    }

    pub(crate) fn entered_by<'f>(&self, facts: &'f FactColumns) -> Option<&'f str> {
        match self.created {
            Some(row) => facts.submissions.by.get(row),
            None => facts.transitions.by.get(self.span.entered.row?),
        }
    }

    pub(crate) fn left_by<'f>(&self, facts: &'f FactColumns) -> Option<&'f str> {
        facts.transitions.by.get(self.left?.row?)
    }

    /// The stay with its texts; `None` for a ticket number that no ticket has.
    pub(crate) fn own(&self, facts: &FactColumns) -> Option<Stay> {
        Some(Stay {
            ticket: TicketId::new(self.ticket)?,
            release: self.release(facts).map(str::to_owned),
            provider: self.provider(facts).map(str::to_owned),
            number: self.span.number,
            state: self.span.state,
            entered: instant(self.span.entered.at),
            left: self.left.map(|mark| instant(mark.at)),
            seconds: self.seconds,
            entered_by: self.entered_by(facts).map(str::to_owned),
            left_by: self.left_by(facts).map(str::to_owned),
            entered_record: self.span.entered.record,
            left_record: self.left.and_then(|mark| mark.record),
        })
    }
}
