//! The facts that numbers are made from: tickets coming into being and requests being settled. Nothing else counts.

use chrono::{DateTime, Utc};
use egi_model::history::{HistoryRecord, Outcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

/// All facts known at one time. Their order does not matter: the log's own numbering does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The settled requests: the log's records.
    pub transitions: Vec<TransitionFact>,
    /// The tickets' creations.
    pub submitted: Vec<Submission>,
    /// When the facts were read. The age of what is still open is measured here (or at the month's end, if that is
    /// earlier), and a later time in a fact is a time in the future.
    pub as_of: DateTime<Utc>,
}

/// A ticket came into being, so its release entered `Submitted`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Submission {
    /// The ticket.
    pub ticket: TicketId,
    /// When it was created.
    pub at: DateTime<Utc>,
    /// The log record that says so; `None` where only the ticket system knows.
    pub record: Option<u64>,
    /// Who created it.
    pub by: Option<String>,
}

impl Submission {
    /// The creation that a record stands for: the one that leads from `Submitted` to `Submitted`.
    fn of_record(record: &HistoryRecord) -> Option<Self> {
        let entry = &record.entry;
        let stays = [entry.from, entry.asked, entry.to] == [RolloutState::Submitted; 3];
        let is_creation = stays && entry.outcome == Outcome::Performed;
        is_creation.then(|| Self { ticket: entry.ticket, at: entry.at, record: Some(record.seq), by: entry.by.clone() })
    }
}

/// One settled request for a transition: one record of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitionFact {
    /// The record's place in the log, which decides what came first.
    pub seq: u64,
    /// The release's ticket.
    pub ticket: TicketId,
    /// When it was settled.
    pub at: DateTime<Utc>,
    /// Where the release stood before.
    pub from: RolloutState,
    /// What was asked for.
    pub asked: RolloutState,
    /// Where the release stood afterwards.
    pub to: RolloutState,
    /// How it ended.
    pub outcome: Outcome,
    /// Who asked.
    pub by: Option<String>,
    /// Whether the release was an emergency then.
    pub emergency: Emergency,
    /// The technology provider, as far as known then.
    pub provider: Option<String>,
    /// Product and version, as far as known then.
    pub release: Option<String>,
}

impl TransitionFact {
    /// Whether the request was carried out, wholly or as far as a taken slot allows.
    pub(crate) fn was_granted(&self) -> bool {
        match self.outcome {
            Outcome::Performed | Outcome::Deferred => true,
            Outcome::Refused | Outcome::Failed | Outcome::Disregarded => false,
        }
    }
}

impl Facts {
    /// The facts of a log, read at `as_of`. A record that leads from `Submitted` to `Submitted` is the ticket's
    /// creation; all others are settled requests.
    #[must_use]
    pub fn of_history(records: &[HistoryRecord], as_of: DateTime<Utc>) -> Self {
        let mut facts = Self { transitions: Vec::new(), submitted: Vec::new(), as_of };
        for record in records {
            match Submission::of_record(record) {
                Some(submission) => facts.submitted.push(submission),
                None => facts.transitions.push(record.into()),
            }
        }
        facts
    }
}

impl From<&HistoryRecord> for TransitionFact {
    fn from(record: &HistoryRecord) -> Self {
        let entry = &record.entry;
        Self {
            seq: record.seq,
            ticket: entry.ticket,
            at: entry.at,
            from: entry.from,
            asked: entry.asked,
            to: entry.to,
            outcome: entry.outcome,
            by: entry.by.clone(),
            emergency: entry.emergency,
            provider: entry.provider.clone(),
            release: entry.release.clone(),
        }
    }
}
