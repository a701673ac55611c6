//! What can go wrong with a ticket system, and whether trying again can help.

use std::fmt;
use std::io;
use std::path::PathBuf;

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

/// Why something asked of a ticket system was not done.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// No such ticket.
    #[error("there is no ticket {ticket}")]
    Missing {
        /// The ticket asked for.
        ticket: TicketId,
    },
    /// It is no release's ticket, or not any more.
    #[error("ticket {ticket} {why}")]
    Gone {
        /// The ticket asked for.
        ticket: TicketId,
        /// What became of it.
        why: Gone,
    },
    /// It holds what can not be understood.
    #[error("ticket {ticket} can not be used: {}", reasons.join("; "))]
    Malformed {
        /// The ticket.
        ticket: TicketId,
        /// Every fault, each with what would do.
        reasons: Vec<String>,
    },
    /// The account has no right to it.
    #[error("no right to {}: {}", Subject(*ticket), reasons.join("; "))]
    Forbidden {
        /// The ticket; `None` for one that would have been created.
        ticket: Option<TicketId>,
        /// Every right that is missing.
        reasons: Vec<String>,
    },
    /// The ticket system's rules are against it; nothing was written.
    #[error("{} was not written: {}", Subject(*ticket), reasons.join("; "))]
    Refused {
        /// The ticket; `None` for one that would have been created.
        ticket: Option<TicketId>,
        /// Every reason, each with what would do.
        reasons: Vec<String>,
    },
    /// Somebody moved the ticket in the meantime; it was left alone.
    #[error("ticket {ticket} was left alone: it was expected at {expected}, and somebody has moved it to {found}")]
    Overtaken {
        /// The ticket.
        ticket: TicketId,
        /// Where the caller believed it to stand.
        expected: RolloutState,
        /// Where it stands.
        found: RolloutState,
    },
    /// Somebody wrote into the ticket after it was read; it was left alone.
    #[error("ticket {ticket} was left alone: somebody has written into it since it was read")]
    Rewritten {
        /// The ticket.
        ticket: TicketId,
    },
    /// A file is larger than the caller takes.
    #[error("{field} of ticket {ticket} has {size} bytes; at most {limit} are read")]
    TooLarge {
        /// The ticket.
        ticket: TicketId,
        /// The file's field.
        field: Field,
        /// Its size in bytes.
        size: u64,
        /// The caller's limit in bytes.
        limit: u64,
    },
    /// What is stored can not be trusted.
    #[error("{} is damaged: {reason}; mend it or restore it from a backup", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with the line where it has lines.
        reason: String,
    },
    /// A file of the ticket system could not be read or written.
    #[error("failed to {action} {}", path.display())]
    Storage {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The ticket system is not set up as it has to be, or is not the one that the settings name.
    #[error("the ticket system can not be used: {}", reasons.join("; "))]
    Setup {
        /// Every fault, each with what would do.
        reasons: Vec<String>,
    },
    /// It does not accept the token.
    #[error(
        "{url} does not accept the token; make a new one for the repository's account and put it into rt.token_file"
    )]
    Unauthorized {
        /// What was asked.
        url: String,
    },
    /// It can not be reached, or did not answer in time.
    #[error("{url} did not answer")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something answered that is no ticket system: a login page, a gateway, half a document.
    #[error("{url} answered what is not understood: {answer}")]
    NotUnderstood {
        /// What was asked.
        url: String,
        /// How the answer begins.
        answer: String,
    },
    /// The database of the ticket system could not be read.
    #[error("failed to {action} Request Tracker's database {database}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// Its URL, without a password.
        database: String,
        /// Whether trying again can help.
        transient: bool,
        /// The database's answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The ticket system did not get to it.
    #[error("the {system} did not get to it")]
    Unavailable {
        /// Which ticket system.
        system: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TicketError {
    /// Whether trying again can help, without anybody changing anything but the circumstances.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Unreachable { .. } | Self::NotUnderstood { .. } => true,
            Self::Storage { source, .. } => passes(source.kind()),
            Self::Database { transient, .. } => *transient,
            Self::Missing { .. }
            | Self::Gone { .. }
            | Self::Malformed { .. }
            | Self::Setup { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Refused { .. }
            | Self::Overtaken { .. }
            | Self::Rewritten { .. }
            | Self::TooLarge { .. }
            | Self::Corrupt { .. } => false,
        }
    }
}

/// Why a ticket is no release's ticket any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// Somebody deleted it.
    Deleted,
    /// Somebody merged it into another one.
    MergedInto(TicketId),
    /// It is in another queue: the queue's name or number.
    OtherQueue(String),
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deleted => f.write_str("was deleted"),
            Self::MergedInto(other) => write!(f, "was merged into ticket {other}; go on there"),
            Self::OtherQueue(queue) => {
                write!(f, "is in queue {queue}, which is not that of the releases; if it is a release's, move it back")
            }
        }
    }
}

/// Faults of a file system that go away by themselves, or once somebody makes room.
fn passes(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{Interrupted, QuotaExceeded, ResourceBusy, StaleNetworkFileHandle, StorageFull, TimedOut};
    matches!(kind, Interrupted | QuotaExceeded | ResourceBusy | StaleNetworkFileHandle | StorageFull | TimedOut)
}

/// Names a ticket that may not exist yet.
struct Subject(Option<TicketId>);

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ticket) => write!(f, "ticket {ticket}"),
            None => f.write_str("the new ticket"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(kind: io::ErrorKind) -> TicketError {
        TicketError::Storage { action: "write", path: PathBuf::from("ticket.json"), source: kind.into() }
    }

    #[test]
    fn a_full_disk_passes_and_a_missing_right_does_not() {
        assert!(storage(io::ErrorKind::StorageFull).is_transient());
        assert!(!storage(io::ErrorKind::PermissionDenied).is_transient());
    }

    #[test]
    fn every_reason_is_told() {
        let reasons = vec!["Sync-URL is missing".to_owned(), "the title is empty".to_owned()];
        let error = TicketError::Refused { ticket: None, reasons };
        assert_eq!(error.to_string(), "the new ticket was not written: Sync-URL is missing; the title is empty");
        assert!(!error.is_transient());
    }
}
