//! The tickets of early-adopter teams: one document each, written by the repository alone. What a team says comes in by
//! `nsrw ea` or over HTTP, and is put here once it counts.

use chrono::{DateTime, Utc};
use egi_model::participation::ChildTicket;
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};

use super::Desk;
use crate::error::TicketError;
use crate::system::{Found, Invitation, Written};

/// A team's ticket as the desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChildRecord {
    pub(super) ticket: ChildTicket,
    subject: String,
    text: String,
    created: DateTime<Utc>,
    comments: Vec<ChildComment>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildComment {
    marker: String,
    text: String,
    at: DateTime<Utc>,
}

impl Desk {
    /// As [`crate::TicketSystem::ensure_child`].
    pub(super) fn open_child(&self, invitation: &Invitation, now: DateTime<Utc>) -> Result<TicketId, TicketError> {
        let lock = self.store.lock()?;
        let part = &invitation.part;
        let open = |child: &ChildRecord| {
            child.ticket.open && child.ticket.release == part.release && child.ticket.team == part.team
        };
        if let Some(there) = self.store.load_children()?.items.iter().find(|child| open(child)) {
            return Ok(there.ticket.id);
        }
        let id = self.store.next_ticket(&lock)?;
        let record = ChildRecord {
            ticket: ChildTicket::of(id, part, true),
            subject: invitation.subject.clone(),
            text: invitation.text.clone(),
            created: now,
            comments: Vec::new(),
        };
        self.store.save_child(&lock, &record)?;
        Ok(id)
    }

    /// As [`crate::TicketSystem::fetch_child`].
    pub(super) fn load_child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        self.store.load_child(id).map(|record| record.ticket)
    }

    /// As [`crate::TicketSystem::fetch_open_children`].
    pub(super) fn open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        let Found { items, unreadable } = self.store.load_children()?;
        let items = items.into_iter().map(|record| record.ticket).filter(|ticket| ticket.open).collect();
        Ok(Found { items, unreadable })
    }

    /// As [`crate::TicketSystem::ensure_child_says`].
    pub(super) fn set_child(&self, read: &ChildTicket, wanted: &ChildTicket) -> Result<Written, TicketError> {
        let lock = self.store.lock()?;
        let mut record = self.store.load_child(wanted.id)?;
        if record.ticket == *wanted {
            return Ok(Written::Already);
        }
        if record.ticket != *read {
            return Err(TicketError::Rewritten { ticket: wanted.id });
        }
        record.ticket = wanted.clone();
        self.store.save_child(&lock, &record)?;
        Ok(Written::Changed)
    }

    /// As [`crate::TicketSystem::ensure_child_comment`].
    pub(super) fn comment_child(
        &self,
        id: TicketId,
        marker: &str,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Written, TicketError> {
        let lock = self.store.lock()?;
        let mut record = self.store.load_child(id)?;
        if record.comments.iter().any(|comment| comment.marker == marker) {
            return Ok(Written::Already);
        }
        record.comments.push(ChildComment { marker: marker.to_owned(), text: text.to_owned(), at: now });
        self.store.save_child(&lock, &record)?;
        Ok(Written::Changed)
    }
}
