//! What happened to a release before this workflow came: taken into the log as it happened, whatever is allowed today.
//!
//! A ticket system that was in use before tells of one change after the other. It does not tell of requests and answers
//! as a [`Plan`](crate::Plan) does, so an outcome is read from the state that was set.

use chrono::{DateTime, Utc};
use egi_model::history::{HistoryEntry, Outcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::record::ReleaseRecord;
use crate::table;

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
    },
}

/// Where a past change left a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastStanding {
    /// Its record.
    pub record: ReleaseRecord,
    /// The state before the present one: what a failure that comes next is to be traced back to.
    pub before: RolloutState,
}

impl PastChange {
    /// Whether the table in force today has this change.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        match self.what {
            PastStep::Created => true,
            PastStep::Moved { from, to } => table::find(from, to).is_some(),
        }
    }

    /// The entry of the log for this change.
    #[must_use]
    pub fn entry(&self) -> HistoryEntry {
        let PastStep::Moved { from, to } = self.what else {
            return HistoryEntry { at: self.at, by: self.by.clone(), imported: Some(self.id), ..self.creation() };
        };
        let (asked, outcome) = read_outcome(from, to);
        let (at, by, imported) = (self.at, self.by.clone(), Some(self.id));
        HistoryEntry { at, from, asked, to, outcome, by, imported, ..self.creation() }
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

    /// The record of the release after this change.
    #[must_use]
    pub fn standing(&self, before: Option<&PastStanding>) -> PastStanding {
        let PastStep::Moved { from, to } = self.what else {
            let record = ReleaseRecord::submitted(self.ticket, self.at);
            return PastStanding { record, before: RolloutState::Submitted };
        };
        // The repository sets `Failed` after somebody set what failed: the attempt began in the state before that.
        let (stood, attempted) = match before {
            Some(before) if to == RolloutState::Failed => (before.before, Some(from)),
            None if to == RolloutState::Failed => (from, None),
            Some(_) | None => (to, None),
        };
        let record = ReleaseRecord { ticket: self.ticket, state: to, since: self.at, stood, attempted, facts: None };
        PastStanding { record, before: from }
    }
}

/// What must have been asked for, and how it ended. Only the repository sets `Failed` and `Deferred`: they are its answers,
/// to an attempt at the state the ticket was set to before, and to a request for staged rollout.
const fn read_outcome(from: RolloutState, to: RolloutState) -> (RolloutState, Outcome) {
    match to {
        RolloutState::Failed => (from, Outcome::Failed),
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
mod tests {
    use super::*;

    use RolloutState::{Deferred, Failed, InVerification, Production, StageRollout, Submitted, Unverified};

    fn change(what: PastStep) -> PastChange {
        let at = |seconds: i64| DateTime::from_timestamp(1_400_000_000 + seconds, 0).unwrap();
        PastChange {
            id: 76,
            ticket: TicketId::new(1).unwrap(),
            at: at(60),
            by: Some("jürgen".to_owned()),
            what,
            created: at(0),
            title: Some("storm 1.11.2".to_owned()),
            emergency: Emergency::No,
        }
    }

    fn moved(from: RolloutState, to: RolloutState) -> PastChange {
        change(PastStep::Moved { from, to })
    }

    #[test]
    fn an_outcome_is_read_from_the_state_that_was_set() {
        let outcome = |from, to| {
            let entry = moved(from, to).entry();
            (entry.asked, entry.outcome)
        };
        assert_eq!(outcome(Submitted, Unverified), (Unverified, Outcome::Performed));
        assert_eq!(outcome(Unverified, Failed), (Unverified, Outcome::Failed));
        assert_eq!(outcome(StageRollout, Deferred), (StageRollout, Outcome::Deferred));
        assert_eq!(outcome(InVerification, Deferred), (StageRollout, Outcome::Deferred));
    }

    #[test]
    fn a_failure_is_traced_back_to_where_the_attempt_began() {
        let created = change(PastStep::Created).standing(None);
        let tried = moved(Submitted, Unverified).standing(Some(&created));
        let failed = moved(Unverified, Failed).standing(Some(&tried)).record;
        assert_eq!((failed.state, failed.stood, failed.attempted), (Failed, Submitted, Some(Unverified)));
        let unknown = moved(Unverified, Failed).standing(None).record;
        assert_eq!((unknown.stood, unknown.attempted), (Unverified, None));
    }

    #[test]
    fn what_is_forbidden_today_is_told_apart() {
        assert!(moved(Submitted, Unverified).is_allowed());
        assert!(!moved(Production, Submitted).is_allowed());
        assert!(change(PastStep::Created).is_allowed());
    }

    #[test]
    fn a_creation_enters_submitted() {
        let entry = change(PastStep::Created).entry();
        assert_eq!((entry.from, entry.asked, entry.to, entry.imported), (Submitted, Submitted, Submitted, Some(76)));
        assert_eq!(moved(Submitted, Unverified).creation().at, change(PastStep::Created).created);
    }
}
