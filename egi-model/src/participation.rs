//! One early-adopter team's part in one release's staged rollout.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::content::ContentId;
use crate::early_adopter::{Team, TeamName};
use crate::ticket::TicketId;

/// Whether an early-adopter team takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Participation {
    /// Asked, and nothing heard yet.
    Invited,
    /// Takes part.
    Accepted,
    /// Does not take part.
    Declined,
    /// Never answered.
    NoAnswer,
}

/// What an early-adopter team reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TeamOutcome {
    /// The release works.
    Accept,
    /// It works, and something is to be known about it.
    AcceptWithWarnings,
    /// It does not.
    Reject,
    /// The team gave up before it could tell.
    Aborted,
}

impl Participation {
    /// All, in the order of a team's way.
    pub const ALL: [Self; 4] = [Self::Invited, Self::Accepted, Self::Declined, Self::NoAnswer];

    /// The word in tickets and in facts files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "Invited",
            Self::Accepted => "Accepted",
            Self::Declined => "Declined",
            Self::NoAnswer => "NoAnswer",
        }
    }
}

impl TeamOutcome {
    /// All.
    pub const ALL: [Self; 4] = [Self::Accept, Self::AcceptWithWarnings, Self::Reject, Self::Aborted];

    /// The word in tickets and in facts files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "Accept",
            Self::AcceptWithWarnings => "AcceptWithWarnings",
            Self::Reject => "Reject",
            Self::Aborted => "Aborted",
        }
    }

    /// Whether the release works.
    #[must_use]
    pub const fn is_accept(self) -> bool {
        matches!(self, Self::Accept | Self::AcceptWithWarnings)
    }
}

/// A text that is none of the words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no {what}; use one of {words}")]
pub struct UnknownWord {
    given: String,
    what: &'static str,
    words: String,
}

/// Gives a closed list of words its reading and its printing.
macro_rules! words {
    ($name:ty, $what:literal) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                let known = Self::ALL.into_iter().find(|word| word.as_str().eq_ignore_ascii_case(text.trim()));
                let words = || Self::ALL.map(Self::as_str).join(", ");
                known.ok_or_else(|| UnknownWord { given: text.to_owned(), what: $what, words: words() })
            }
        }
    };
}

words!(Participation, "participation");
words!(TeamOutcome, "outcome");

/// What is on record of a team's part in a release's staged rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipationRecord {
    /// The release's ticket.
    pub release: TicketId,
    /// The team, as it was when it was asked.
    pub team: TeamName,
    /// Its site.
    pub site: String,
    /// Its NGI.
    pub ngi: String,
    /// Where it is written to.
    pub contact: String,
    /// The accounts that may speak for it.
    pub members: Vec<String>,
    /// What it was asked to try.
    pub delivery: Option<ContentId>,
    /// The ticket of its own in the queue of the staged rollout.
    pub child: Option<TicketId>,
    /// Whether it takes part.
    pub participation: Participation,
    /// What it reported.
    pub outcome: Option<TeamOutcome>,
    /// Link to its report.
    pub report: Option<String>,
    /// What is to be known, in the team's words: the warnings of an `AcceptWithWarnings`, the cause of a `Reject`.
    pub note: Option<String>,
    /// What the manager of the staged rollout answered to a `Reject`.
    pub answer: Option<String>,
    /// When it was asked.
    pub invited: DateTime<Utc>,
    /// When it answered.
    pub answered: Option<DateTime<Utc>>,
    /// When it began to try the release.
    pub started: Option<DateTime<Utc>>,
    /// When it reported.
    pub finished: Option<DateTime<Utc>>,
}

impl ParticipationRecord {
    /// A team that is asked.
    #[must_use]
    pub fn invited(release: TicketId, team: &Team, delivery: ContentId, at: DateTime<Utc>) -> Self {
        Self {
            release,
            team: team.name.clone(),
            site: team.site.clone(),
            ngi: team.ngi.clone(),
            contact: team.contact.clone(),
            members: team.members.clone(),
            delivery: Some(delivery),
            child: None,
            participation: Participation::Invited,
            outcome: None,
            report: None,
            note: None,
            answer: None,
            invited: at,
            answered: None,
            started: None,
            finished: None,
        }
    }

    /// Whether a report is awaited.
    #[must_use]
    pub fn is_outstanding(&self) -> bool {
        self.participation == Participation::Accepted && self.outcome.is_none()
    }

    /// Whether a reject waits for an answer.
    #[must_use]
    pub fn is_unanswered_reject(&self) -> bool {
        self.outcome == Some(TeamOutcome::Reject) && self.answer.is_none()
    }
}

/// What somebody says about a team's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum Word {
    /// The team takes part.
    Accept,
    /// The team does not take part.
    Decline,
    /// The team tried the release.
    Report {
        /// How it went.
        outcome: TeamOutcome,
        /// Link to the report.
        report: Option<String>,
        /// What is to be known.
        note: Option<String>,
    },
    /// The manager answers a reject.
    Answer {
        /// What was done about it.
        text: String,
    },
}

/// A word with who said it of which team and release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamWord {
    /// The release's ticket.
    pub release: TicketId,
    /// The team.
    pub team: TeamName,
    /// What was said.
    pub word: Word,
    /// By which account.
    pub by: String,
    /// Whether whoever took the word in has made sure that `by` may say this: a ticket system by its rights, a signature by its key.
    pub vouched: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the team's own ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildTicket {
    /// Its number.
    pub id: TicketId,
    /// The release's ticket.
    pub release: TicketId,
    /// The team.
    pub team: TeamName,
    /// Field `Participation`; as it stands there, a word of ours or not.
    pub participation: String,
    /// Field `Outcome`.
    pub outcome: String,
    /// Field `ReportURL`.
    pub report: String,
    /// Field `ReportNote`.
    pub note: String,
    /// Field `RejectAnswer`.
    pub answer: String,
    /// Whether it is still worked on.
    pub open: bool,
}

impl ChildTicket {
    /// What the ticket shall say of a record.
    #[must_use]
    pub fn of(id: TicketId, record: &ParticipationRecord, open: bool) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self {
            id,
            release: record.release,
            team: record.team.clone(),
            participation: record.participation.to_string(),
            outcome: record.outcome.map(|outcome| outcome.to_string()).unwrap_or_default(),
            report: text(&record.report),
            note: text(&record.note),
            answer: text(&record.answer),
            open,
        }
    }
}

/// What happened in staged rollouts beside the moves of releases: one entry of an append-only log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutEntry {
    /// The release's ticket.
    pub ticket: TicketId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it, where somebody did.
    pub by: Option<String>,
    /// What.
    pub what: RolloutEvent,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RolloutEvent {
    /// A team's part is now this.
    Participation(Box<ParticipationRecord>),
    /// The consolidated report was published.
    Published {
        /// Where it is.
        link: String,
    },
}

/// The queue of the early adopters' tickets, in Request Tracker.
pub const ROLLOUT_QUEUE: &str = "staged-rollout";

/// The group whose members are early adopters.
pub const EARLY_ADOPTERS_GROUP: &str = "sw-rel-early-adopters";

/// A field of a team's ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildField {
    /// Its name in Request Tracker.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The values it takes; any text, when empty.
    pub values: &'static [&'static str],
    /// Whether early adopters write it. Managers of the staged rollout write it too.
    pub by_team: bool,
    /// Whether managers of the staged rollout write it.
    pub by_manager: bool,
}

const fn kept(name: &'static str, description: &'static str) -> ChildField {
    ChildField { name, description, values: &[], by_team: false, by_manager: false }
}

const fn said(name: &'static str, description: &'static str, values: &'static [&'static str]) -> ChildField {
    ChildField { name, description, values, by_team: true, by_manager: true }
}

/// The fields of a team's ticket, as forms show them.
pub const CHILD_FIELDS: [ChildField; 11] = [
    kept("ReleaseTicket", "The ticket of the release to try"),
    kept("Team", "The early-adopter team"),
    kept("Site", "The site the team runs"),
    kept("NGI", "The National Grid Initiative of the site"),
    said("Participation", "Whether the team takes part", &["Invited", "Accepted", "Declined", "NoAnswer"]),
    said("Outcome", "How it went", &["Accept", "AcceptWithWarnings", "Reject", "Aborted"]),
    said("ReportURL", "Link to the team's report", &[]),
    said("ReportNote", "What others should know: warnings, or why it is rejected", &[]),
    ChildField { by_team: false, ..said("RejectAnswer", "What was done about a reject", &[]) },
    kept("Started", "When the team began"),
    kept("Finished", "When the team reported"),
];
