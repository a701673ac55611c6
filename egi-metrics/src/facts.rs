//! The facts that numbers are made from: tickets coming into being, requests being settled, teams taking part, reports
//! being published. Nothing else counts.

use chrono::{DateTime, Utc};
use egi_model::history::{HistoryRecord, Outcome};
pub use egi_model::participation::{Participation, TeamOutcome};
use egi_model::release::Emergency;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};

use crate::record::{RecordId, Sources};

/// All facts known at one time, row by row. Their order does not matter: the records' own numbers do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Where facts came from beside the site's own log.
    pub sources: Sources,
    /// The settled requests: the log's records.
    pub transitions: Vec<TransitionFact>,
    /// The tickets' creations.
    pub submitted: Vec<Submission>,
    /// Who took part in staged rollouts.
    pub participations: Vec<ParticipationFact>,
    /// The staged-rollout reports that were published.
    pub published: Vec<PublishedFact>,
    /// When the facts were read. The age of what is still open is measured here (or at the month's end, if that is
    /// earlier), and a later time in a fact is a time in the future.
    pub as_of: DateTime<Utc>,
}

/// A ticket came into being, so its release entered `Submitted`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Submission {
    /// The ticket.
    pub ticket: TicketId,
    /// When it was created.
    pub at: DateTime<Utc>,
    /// The log record that says so; `None` where only the ticket system knows.
    pub record: Option<RecordId>,
    /// Who created it.
    pub by: Option<String>,
}

impl Submission {
    /// The creation that a record stands for: the one that leads from `Submitted` to `Submitted`.
    fn of_record(record: &HistoryRecord) -> Option<Self> {
        let entry = &record.entry;
        let stays = [entry.from, entry.asked, entry.to] == [RolloutState::Submitted; 3];
        let is_creation = stays && entry.outcome == Outcome::Performed;
        is_creation.then(|| Self {
            ticket: entry.ticket,
            at: entry.at,
            record: Some(RecordId::own(record.seq)),
            by: entry.by.clone(),
        })
    }
}

/// One settled request for a transition: one record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransitionFact {
    /// The record's place in its log, which decides what came first.
    pub record: RecordId,
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
    /// Why, one line each: the reasons of a refusal, the cause of a failure, the word of who skipped a phase.
    pub reasons: Option<String>,
}

/// One early-adopter team's part in one release's staged rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipationFact {
    /// Its number among the participations of its source.
    pub record: RecordId,
    /// The release's ticket.
    pub ticket: TicketId,
    /// The early-adopter team.
    pub team: String,
    /// The site the team belongs to.
    pub site: Option<String>,
    /// The National Grid Initiative the team belongs to.
    pub ngi: Option<String>,
    /// Whether it takes part.
    pub participation: Participation,
    /// What it reported; `None` while it has not.
    pub outcome: Option<TeamOutcome>,
    /// When it was asked.
    pub invited: Option<DateTime<Utc>>,
    /// When it answered.
    pub answered: Option<DateTime<Utc>>,
    /// When it began to try the release.
    pub started: Option<DateTime<Utc>>,
    /// When it reported the outcome.
    pub finished: Option<DateTime<Utc>>,
    /// Where its report is.
    pub report: Option<String>,
}

/// A release's staged-rollout report was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFact {
    /// Its number among the publications of its source.
    pub record: RecordId,
    /// The release's ticket.
    pub ticket: TicketId,
    /// When.
    pub at: DateTime<Utc>,
    /// Where the report is.
    pub link: Option<String>,
}

impl Facts {
    /// No facts, read at `as_of`.
    #[must_use]
    pub fn none(as_of: DateTime<Utc>) -> Self {
        Self {
            sources: Sources::default(),
            transitions: Vec::new(),
            submitted: Vec::new(),
            participations: Vec::new(),
            published: Vec::new(),
            as_of,
        }
    }

    /// The facts of a log, read at `as_of`. A record that leads from `Submitted` to `Submitted` is the ticket's
    /// creation; all others are settled requests.
    ///
    /// A log tells of no participation and of no published report: these are kept beside it.
    #[must_use]
    pub fn of_history(records: &[HistoryRecord], as_of: DateTime<Utc>) -> Self {
        let mut facts = Self::none(as_of);
        for record in records {
            match Submission::of_record(record) {
                Some(submission) => facts.submitted.push(submission),
                None => facts.transitions.push(record.into()),
            }
        }
        facts
    }

    /// Gives the facts other sources, among which theirs are.
    pub(crate) fn renumber(&mut self, sources: &Sources) {
        let former = std::mem::replace(&mut self.sources, sources.clone());
        let place = |record: &mut RecordId| {
            let name = record.source().checked_sub(1).and_then(|at| former.names().get(at));
            if let Some(source) = name.and_then(|name| sources.find(name)) {
                *record = RecordId::of(source, record.number());
            }
        };
        self.transitions.iter_mut().for_each(|fact| place(&mut fact.record));
        self.submitted.iter_mut().filter_map(|fact| fact.record.as_mut()).for_each(place);
        self.participations.iter_mut().for_each(|fact| place(&mut fact.record));
        self.published.iter_mut().for_each(|fact| place(&mut fact.record));
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.transitions.len() + self.submitted.len() + self.participations.len() + self.published.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&HistoryRecord> for TransitionFact {
    fn from(record: &HistoryRecord) -> Self {
        let entry = &record.entry;
        Self {
            record: RecordId::own(record.seq),
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
            reasons: (!entry.reasons.is_empty()).then(|| entry.reasons.join("\n")),
        }
    }
}
