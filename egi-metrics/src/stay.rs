//! Stays: one for every time a release is in a state, with when, how long, and who moved it (the "Pending" request of
//! the specification).

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::error::MetricsError;
use crate::facts::{Facts, Submission, TransitionFact};
use crate::frame::{self, name};
use crate::log::{Followed, follow};

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
    pub entered_record: Option<u64>,
    /// The log record that ended it.
    pub left_record: Option<u64>,
}

/// All stays as seen at `until`, by ticket and in order. What happened later is not known yet: a stay that ended after
/// `until` lasts.
#[must_use]
pub fn stays(facts: &Facts, until: DateTime<Utc>) -> Vec<Stay> {
    // A cut is exclusive, as the end of a month is; what happened at `until` itself is to be seen here.
    let before = until.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(until);
    let cut = Cut { before, measured: until };
    let Followed { spans, .. } = follow(facts);
    spans.iter().filter_map(|span| span.cut(cut)).collect()
}

/// `stays` as CSV, with the columns of `stays.csv`.
pub fn stays_csv(stays: &[Stay]) -> Result<Vec<u8>, MetricsError> {
    let columns = vec![
        frame::number(name::TICKET, stays, |s| Some(s.ticket.get())),
        frame::text(name::RELEASE, stays, |s| s.release.clone()),
        frame::text(name::PROVIDER, stays, |s| s.provider.clone()),
        frame::text(name::STATE, stays, |s| Some(s.state.to_string())),
        frame::number(name::STAY, stays, |s| Some(s.number.into())),
        frame::time(name::ENTERED, stays, |s| Some(s.entered)),
        frame::time(name::LEFT, stays, |s| s.left),
        frame::number(name::SECONDS, stays, |s| s.seconds),
        frame::text(name::ENTERED_BY, stays, |s| s.entered_by.clone()),
        frame::text(name::LEFT_BY, stays, |s| s.left_by.clone()),
        frame::number(name::ENTERED_RECORD, stays, |s| s.entered_record),
        frame::number(name::LEFT_RECORD, stays, |s| s.left_record),
    ];
    frame::render_csv("stays.csv", columns)
}

/// Whole seconds, rounded down; `None` when the end lies before the begin.
pub(crate) fn whole_seconds(begin: DateTime<Utc>, end: DateTime<Utc>) -> Option<u64> {
    (begin <= end).then(|| u64::try_from((end - begin).num_seconds()).ok()).flatten()
}

/// From where the log is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// What happened from here on is not known.
    pub(crate) before: DateTime<Utc>,
    /// Until here the age of what lasts is measured.
    pub(crate) measured: DateTime<Utc>,
}

/// What began or ended a stay.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark<'a> {
    /// The ticket's creation.
    Created(&'a Submission),
    /// A settled request.
    Settled(&'a TransitionFact),
}

impl<'a> Mark<'a> {
    /// When.
    pub(crate) fn at(self) -> DateTime<Utc> {
        match self {
            Self::Created(submission) => submission.at,
            Self::Settled(fact) => fact.at,
        }
    }

    /// The log record's number, where there is one.
    pub(crate) fn record(self) -> Option<u64> {
        match self {
            Self::Created(submission) => submission.record,
            Self::Settled(fact) => Some(fact.seq),
        }
    }

    fn by(self) -> Option<String> {
        match self {
            Self::Created(submission) => submission.by.clone(),
            Self::Settled(fact) => fact.by.clone(),
        }
    }

    fn fact(self) -> Option<&'a TransitionFact> {
        match self {
            Self::Created(_) => None,
            Self::Settled(fact) => Some(fact),
        }
    }
}

/// A stay as the whole log has it.
#[derive(Debug)]
pub(crate) struct Span<'a> {
    pub(crate) ticket: TicketId,
    pub(crate) number: u32,
    pub(crate) state: RolloutState,
    pub(crate) entered: Mark<'a>,
    pub(crate) left: Option<Mark<'a>>,
}

impl Span<'_> {
    /// How long it was; `None` while it lasts and where the log has the end before the begin.
    pub(crate) fn seconds(&self) -> Option<u64> {
        whole_seconds(self.entered.at(), self.left?.at())
    }

    /// The stay as known at `cut`; `None` if it had not begun.
    pub(crate) fn cut(&self, cut: Cut) -> Option<Stay> {
        let entered = self.entered.at();
        if entered >= cut.before {
            return None;
        }
        let ended = self.left.filter(|mark| mark.at() < cut.before);
        let facts = [self.entered.fact(), ended.and_then(Mark::fact)];
        let told = |pick: fn(&TransitionFact) -> Option<String>| facts.into_iter().flatten().find_map(pick);
        Some(Stay {
            ticket: self.ticket,
            release: told(|fact| fact.release.clone()),
            provider: told(|fact| fact.provider.clone()),
            number: self.number,
            state: self.state,
            entered,
            left: ended.map(Mark::at),
            seconds: match ended {
                Some(mark) => whole_seconds(entered, mark.at()),
                None if self.state.is_terminal() => None,
                None => whole_seconds(entered, cut.measured),
            },
            entered_by: self.entered.by(),
            left_by: ended.and_then(Mark::by),
            entered_record: self.entered.record(),
            left_record: ended.and_then(Mark::record),
        })
    }
}
