//! A release's ticket as every ticket system shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::field::Field;
use crate::role::{Actor, Group};
use crate::rollout::{RolloutState, UnknownState};

/// The number of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketId(NonZeroU64);

impl TicketId {
    /// A ticket number, if `number` is not 0.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

/// A text that is no ticket number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no ticket number; a whole number from 1 on is expected")]
pub struct TicketIdError(pub String);

impl FromStr for TicketId {
    type Err = TicketIdError;

    fn from_str(text: &str) -> Result<Self, TicketIdError> {
        let digits = text.trim();
        let plain = digits.bytes().all(|b| b.is_ascii_digit());
        plain
            .then(|| digits.parse().ok())
            .flatten()
            .filter(|n| i64::try_from(*n).is_ok())
            .and_then(Self::new)
            .ok_or_else(|| TicketIdError(text.to_owned()))
    }
}

/// RT's own status of the ticket, a separate axis from the rollout state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketStatus {
    /// Created, not assigned.
    New,
    /// Assigned and worked on.
    Open,
    /// Waiting; not used by the workflow.
    Stalled,
    /// An outcome was reached.
    Resolved,
    /// The ticket itself (not the release) is faulty or a duplicate.
    Rejected,
    /// Removed; not used by the workflow.
    Deleted,
}

impl TicketStatus {
    /// All values.
    pub const ALL: [Self; 6] = [Self::New, Self::Open, Self::Stalled, Self::Resolved, Self::Rejected, Self::Deleted];

    /// RT's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Stalled => "stalled",
            Self::Resolved => "resolved",
            Self::Rejected => "rejected",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for TicketStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is no ticket status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no ticket status; use new, open, stalled, resolved, rejected or deleted")]
pub struct UnknownStatus(pub String);

impl FromStr for TicketStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let wanted = text.trim();
        Self::ALL
            .into_iter()
            .find(|s| s.as_str().eq_ignore_ascii_case(wanted))
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// The repository's answer to the last change of `RolloutProgress`. Only `OK` is attested by the sources; the other
/// two are what an answer needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CommunicationStatus {
    /// Not answered yet.
    Pending,
    /// Done.
    #[serde(rename = "OK")]
    Ok,
    /// Refused or failed; a comment says why.
    Error,
}

impl CommunicationStatus {
    /// The value of the ticket field.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Ok => "OK",
            Self::Error => "Error",
        }
    }
}

/// A ticket as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// Its title.
    pub subject: String,
    /// RT's status.
    pub status: TicketStatus,
    /// Who works on it.
    pub owner: Option<String>,
    /// Who asked: the technology provider's accounts or addresses.
    pub requestors: Vec<String>,
    /// The groups that hear of it now.
    pub watchers: BTreeSet<Group>,
    /// Where the early adopters who take part are written to: they hear of it besides.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub early_adopters: BTreeSet<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// The fields that have a value; a file field holds the file's name.
    pub fields: BTreeMap<Field, String>,
}

impl Ticket {
    /// The value of `field`, without surrounding blanks; `None` when it is empty.
    #[must_use]
    pub fn value(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(|v| v.trim()).filter(|v| !v.is_empty())
    }

    /// Where the ticket says the release stands. An empty field means `Submitted` (specification: "sanitize the
    /// `RolloutProgress` with no value").
    pub fn progress(&self) -> Result<RolloutState, UnknownState> {
        self.value(Field::RolloutProgress).map_or(Ok(RolloutState::Submitted), str::parse)
    }
}

/// One entry of a ticket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketChange {
    /// Grows with every change of any ticket of the system.
    pub id: u64,
    /// The ticket.
    pub ticket: TicketId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, with the roles the ticket system knows of.
    pub by: Actor,
    /// What.
    pub what: ChangeKind,
}

/// What a change did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeKind {
    /// The ticket came into being.
    Created,
    /// A field got another value.
    Field {
        /// The field.
        field: Field,
        /// Before; `None` when empty.
        old: Option<String>,
        /// After; `None` when emptied.
        new: Option<String>,
    },
    /// The status changed.
    Status {
        /// Before.
        old: TicketStatus,
        /// After.
        new: TicketStatus,
    },
    /// Somebody else works on it.
    Owner {
        /// Before.
        old: Option<String>,
        /// After.
        new: Option<String>,
    },
    /// A comment.
    Comment {
        /// The machine-readable mark of a comment written by the repository, by which a repeat is seen.
        marker: Option<String>,
        /// The text.
        text: String,
    },
    /// The groups that hear of the ticket were replaced.
    Watchers {
        /// The groups from now on.
        groups: BTreeSet<Group>,
    },
    /// The early adopters who hear of the ticket are others.
    EarlyAdopters {
        /// Where they are written to.
        contacts: BTreeSet<String>,
    },
    /// A message went to these groups.
    Notified {
        /// Who was told.
        groups: BTreeSet<Group>,
        /// In a line, of what.
        subject: String,
    },
}
