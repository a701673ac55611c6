//! What happened to a release before this workflow came: taken into the log as it happened, whatever is allowed today.
//!
//! A ticket system tells of one change after the other, not of requests and answers as a [`Plan`](crate::Plan) does. Two of
//! its changes can be one request: somebody sets `Unverified`, and the repository, which could not fetch the release, sets
//! `Failed`. Only the repository sets `Failed` and `Deferred`, as its answers; a change that such an answer follows within
//! [`ANSWER`] was not carried out, and the log gets one entry for both.

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::record::ReleaseRecord;
use crate::table;

/// How long the repository may have taken for an answer. One that came later is a failure of what had long been done.
pub const ANSWER: TimeDelta = TimeDelta::days(1);

/// One change of a release in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastChange {
    /// The ticket system's number of the change.
    pub id: u64,
    /// The release's ticket.
    pub ticket: TicketId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub by: Option<String>,
    /// What.
    pub what: PastStep,
    /// When the ticket was created.
    pub created: DateTime<Utc>,
    /// The ticket's title: the only name an old release surely has.
    pub title: Option<String>,
    /// The ticket's flag. Ticket systems tell its present value, not that of the time.
    pub emergency: Emergency,
}

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastStep {
    /// The ticket came into being: the release entered `Submitted`.
    Created,
    /// `RolloutProgress` changed.
    Moved {
        /// From.
        from: RolloutState,
        /// To.
        to: RolloutState,
        /// What became of it.
        carried_out: CarriedOut,
    },
}

/// Whether a change was followed by what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CarriedOut {
    /// As far as can be told.
    Yes,
    /// The next change was the repository's answer that it was not.
    No,
}

/// Where a past change left a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStanding {
    /// Its record.
    pub record: ReleaseRecord,
    /// The state before the present one: what a failure that comes next is to be traced back to.
    pub before: RolloutState,
}

impl PastStep {
    /// Whether the repository says with it that a request was not carried out.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Moved { to: RolloutState::Failed | RolloutState::Deferred, .. })
    }
}

impl PastChange {
    /// Whether the table in force today has this change.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        match self.what {
            PastStep::Created => true,
            PastStep::Moved { from, to, .. } => table::find(from, to).is_some(),
        }
    }

    /// The entry of the log for this change of a release that stood so `before`; none for a change that was not carried
    /// out, as the answer to it has one.
    #[must_use]
    pub fn entry(&self, before: Option<&PastStanding>) -> Option<HistoryEntry> {
        let (at, by, imported) = (self.at, self.by.clone(), Some(self.id));
        let entry = HistoryEntry { at, by, imported, ..self.creation() };
        match self.what {
            PastStep::Created => Some(entry),
            PastStep::Moved { carried_out: CarriedOut::No, .. } => None,
            PastStep::Moved { from: set, to, .. } => {
                let from = if self.what.is_answer() { before.map_or(set, |before| before.record.state) } else { set };
                let (asked, outcome) = read_outcome(set, to);
                Some(HistoryEntry { from, asked, to, outcome, ..entry })
            }
        }
    }

    /// The entry for the creation of the ticket, where the ticket system knows when that was and has no change for it.
    #[must_use]
    pub fn creation(&self) -> HistoryEntry {
        let state = RolloutState::Submitted;
        HistoryEntry {
            ticket: self.ticket,
            at: self.created,
            from: state,
            asked: state,
            to: state,
            outcome: Outcome::Performed,
            by: None,
            reasons: Vec::new(),
            emergency: self.emergency,
            provider: None,
            release: self.title.clone(),
            imported: None,
        }
    }

    /// How the release stands after this change.
    #[must_use]
    pub fn standing(&self, before: Option<&PastStanding>) -> PastStanding {
        let submitted = || {
            let record = ReleaseRecord::submitted(self.ticket, self.created);
            PastStanding { record, before: RolloutState::Submitted }
        };
        match self.what {
            PastStep::Created => submitted(),
            PastStep::Moved { carried_out: CarriedOut::No, .. } => before.cloned().unwrap_or_else(submitted),
            PastStep::Moved { from, to, .. } => {
                let (stood, attempted) = if to == RolloutState::Failed { self.trace(from, before) } else { (to, None) };
                let record =
                    ReleaseRecord { ticket: self.ticket, state: to, since: self.at, stood, attempted, facts: None };
                PastStanding { record, before: from }
            }
        }
    }

    /// Where the attempt began that failed, and what was attempted: the ticket was set to `set` before it.
    fn trace(&self, set: RolloutState, before: Option<&PastStanding>) -> (RolloutState, Option<RolloutState>) {
        match before {
            Some(before) if before.record.state != set => (before.record.state, Some(set)),
            // Imported as carried out, because the answer was still to come.
            Some(before) if self.at - before.record.since <= ANSWER => (before.before, Some(set)),
            Some(_) | None => (set, None),
        }
    }
}

/// What must have been asked for when the ticket, set to `set`, was then set to `to`; and how it ended.
const fn read_outcome(set: RolloutState, to: RolloutState) -> (RolloutState, Outcome) {
    match to {
        RolloutState::Failed => (set, Outcome::Failed),
        RolloutState::Deferred => (RolloutState::StageRollout, Outcome::Deferred),
        RolloutState::Submitted
        | RolloutState::Unverified
        | RolloutState::InVerification
        | RolloutState::WaitingForResponse
        | RolloutState::StageRollout
        | RolloutState::Production
        | RolloutState::Rejected
        | RolloutState::Ignored
        | RolloutState::NotPublished => (to, Outcome::Performed),
    }
}

#[cfg(test)]
mod tests;
