//! The trait every ticket system is used through.
//!
//! It has what the workflow needs of a ticket and nothing else. The writes are the repository's own, done in its
//! account, and each may be repeated: it looks first, writes only what is not so already, and reads back what it wrote
//! before it reports success, because a ticket system may answer "done" to a change it refused.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, ParticipationRecord};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketId, TicketStatus};

use crate::error::TicketError;

/// Whether a write had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It changed the ticket.
    Changed,
    /// The ticket was so already.
    Already,
}

/// Which tickets to find. The default finds all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only tickets with a number above this.
    pub above: u64,
    /// Only releases that stand in one of these states.
    pub progress: Option<Vec<RolloutState>>,
    /// Only tickets of one of these statuses.
    pub status: Option<Vec<TicketStatus>>,
}

impl Query {
    /// Whether `ticket`, whose release stands at `progress`, is asked for.
    #[must_use]
    pub fn matches(&self, ticket: &Ticket, progress: RolloutState) -> bool {
        ticket.id.get() > self.above
            && self.progress.as_ref().is_none_or(|wanted| wanted.contains(&progress))
            && self.status.as_ref().is_none_or(|wanted| wanted.contains(&ticket.status))
    }
}

/// What was found in many tickets, with those that could not be read: one bad ticket must not hide the others.
#[derive(Debug)]
pub struct Found<T> {
    /// What was found.
    pub items: Vec<T>,
    /// Tickets that may belong to it and could not be read.
    pub unreadable: Vec<TicketError>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { items: Vec::new(), unreadable: Vec::new() }
    }
}

/// A ticket of its own for an early-adopter team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What it is about.
    pub part: ParticipationRecord,
    /// Its title.
    pub subject: String,
    /// What it begins with.
    pub text: String,
}

/// A system of release tickets.
#[async_trait]
pub trait TicketSystem: Send + Sync {
    /// Which kind of system it is, such as `desk`.
    fn kind(&self) -> &'static str;

    /// What can not be done with this system, each with what is done instead; told when work begins.
    fn limits(&self) -> &'static [&'static str] {
        &[]
    }

    /// Why nothing is asked of it at present, for whoever watches; `None` while it is asked.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// Looks whether the system has all that the workflow needs of it. Each fault comes with what would do; none means
    /// that work can begin.
    async fn check(&self) -> Result<Vec<String>, TicketError>;

    /// What time it is there; `None` for a system on this machine's own clock, or one that does not tell.
    async fn fetch_time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        Ok(None)
    }

    /// Reads a ticket.
    async fn fetch_ticket(&self, id: TicketId) -> Result<Ticket, TicketError>;

    /// Reads a file field byte for byte; `None` when no file is attached. A file of more than `limit` bytes is
    /// [`TicketError::TooLarge`] and is not read.
    async fn fetch_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError>;

    /// Reads the history of a ticket, oldest first.
    async fn fetch_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError>;

    /// Reads the changes of a ticket's `RolloutProgress`, oldest first.
    async fn fetch_progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError>;

    /// Reads every change of `RolloutProgress`, of any ticket, with an id above `after`, oldest first.
    ///
    /// The ids serve as a cursor, with care: a change with a smaller id may appear some time after one with a larger,
    /// for as long as the ticket system takes to write a change. While tickets are unreadable their changes are missing
    /// from the answer, so a caller keeps its cursor until none is.
    async fn fetch_progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError>;

    /// Finds tickets, in the order of their numbers.
    async fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError>;

    /// Gives `field` the value `value`; an empty value empties it. Not for files, and not for `RolloutProgress`, which
    /// people change too: see [`Self::ensure_progress`]. With `standing`, only while the ticket stands there, as for
    /// [`Self::ensure_status`].
    async fn ensure_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError>;

    /// Moves `RolloutProgress` from `expected` to `to`. A ticket that stands at neither was changed by somebody else
    /// and is left alone: [`TicketError::Overtaken`].
    async fn ensure_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError>;

    /// Comments on the ticket, unless it has a comment with this `marker`.
    async fn ensure_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError>;

    /// Replaces the groups that hear of the ticket, while it stands at `standing`, as for [`Self::ensure_status`]. A system
    /// that sets them by itself has nothing to write.
    async fn ensure_watchers(
        &self,
        id: TicketId,
        groups: &BTreeSet<Group>,
        standing: RolloutState,
    ) -> Result<Written, TicketError>;

    /// Replaces where the early adopters are written to who hear of the ticket. Whoever else does is left alone.
    async fn ensure_early_adopters(&self, id: TicketId, contacts: &BTreeSet<String>) -> Result<Written, TicketError>;

    /// Opens a ticket for a team below the release's, unless there is an open one. `None` where the system has no such
    /// tickets: then the team reports in another way.
    async fn ensure_child(&self, invitation: &Invitation) -> Result<Option<TicketId>, TicketError>;

    /// Reads a team's ticket.
    async fn fetch_child(&self, id: TicketId) -> Result<ChildTicket, TicketError>;

    /// Reads the tickets of teams that are open.
    async fn fetch_open_children(&self) -> Result<Found<ChildTicket>, TicketError>;

    /// Makes a team's ticket say what is `wanted`, which is what is on record, and be open or closed. One that does not say any
    /// more what was `read` of it is left alone, [`TicketError::Rewritten`].
    async fn ensure_child_says(
        &self,
        read: &ChildTicket,
        wanted: &ChildTicket,
        part: &ParticipationRecord,
    ) -> Result<Written, TicketError>;

    /// Comments on a team's ticket, unless it has a comment with this `marker`.
    async fn ensure_child_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError>;

    /// Sets the status of the ticket, while its `RolloutProgress` is `standing`. A ticket that stands elsewhere was moved on
    /// by somebody, whose change has an answer of its own: it is left alone, [`TicketError::Overtaken`].
    async fn ensure_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError>;
}
