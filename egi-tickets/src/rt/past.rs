//! What a Request Tracker that was in use before tells of the past, from whichever source.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::ticket::TicketId;

use crate::error::TicketError;

/// One transaction of RT that the history of releases is made of. Values are as RT has them: old tickets may hold some that
/// nobody knows today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastEvent {
    /// The transaction's number; grows with time.
    pub transaction: u64,
    /// The ticket.
    pub ticket: TicketId,
    /// When.
    pub at: DateTime<Utc>,
    /// The account that did it.
    pub by: Option<String>,
    /// What.
    pub what: PastKind,
    /// When the ticket was created.
    pub created: DateTime<Utc>,
    /// The ticket's subject as it is now.
    pub subject: String,
    /// What became of the ticket.
    pub fate: Fate,
    /// Whether the ticket's `EmergencyRelease` says Yes now.
    pub emergency: bool,
}

/// What a transaction did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PastKind {
    /// It created the ticket.
    Created,
    /// It changed `RolloutProgress`.
    Progress {
        /// Before; `None` when empty.
        old: Option<String>,
        /// After; `None` when emptied.
        new: Option<String>,
        /// The change of `RolloutProgress` that came next on this ticket; `None` when there was none yet.
        next: Option<NextChange>,
    },
}

/// The change after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextChange {
    /// When.
    pub at: DateTime<Utc>,
    /// The value it set; `None` when it emptied the field.
    pub new: Option<String>,
}

/// What became of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is there.
    There,
    /// It was deleted.
    Deleted,
    /// It was merged into another one.
    Merged {
        /// That one.
        into: TicketId,
    },
    /// RT does not show it to the account: it was deleted, merged or moved to another queue, or the account has no right.
    Hidden,
}

/// A source of the past, read in portions.
#[async_trait]
pub trait PastSource: Send {
    /// Begins behind the transaction `after`. Tells how many there are, where that is told.
    async fn begin(&mut self, after: u64) -> Result<Option<u64>, TicketError>;

    /// The next portion, in the order of the transactions' numbers; `None` at the end. What was handed out is not handed out
    /// again until the next [`Self::begin`].
    async fn next(&mut self) -> Result<Option<Vec<PastEvent>>, TicketError>;
}

/// What a value that RT no longer has is read as. No state is spelled so.
pub(super) const GONE: &str = "(gone)";

/// A text that is none when it is empty.
pub(super) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// The tickets that carry the emergency flag.
pub(super) type Emergencies = BTreeSet<u64>;
