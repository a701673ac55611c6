//! The desk as a [`TicketSystem`]: the worker's view of it, off the async threads and in the repository's own name.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, ParticipationRecord};
use egi_model::role::{Actor, Group};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};

use super::{Desk, Edit};
use crate::error::TicketError;
use crate::system::{Found, Invitation, Query, TicketSystem, Written};

/// What time it is, for the repository's own writes.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

const KIND: &str = "desk";

/// A desk that the workflow drives.
#[derive(Clone)]
pub struct DeskSystem {
    desk: Desk,
    repository: Actor,
    clock: Clock,
}

impl fmt::Debug for DeskSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeskSystem")
            .field("desk", &self.desk)
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

impl DeskSystem {
    /// The workflow's view of `desk`, writing as `repository`, which needs the role of that name.
    #[must_use]
    pub fn new(desk: Desk, repository: Actor, clock: Clock) -> Self {
        Self { desk, repository, clock }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, TicketError> + Send + 'static,
    ) -> Result<T, TicketError> {
        let desk = self.desk.clone();
        tokio::task::spawn_blocking(move || work(&desk))
            .await
            .map_err(|source| TicketError::Unavailable { system: KIND, source: source.into() })?
    }

    async fn write(
        &self,
        work: impl FnOnce(&Desk, &Actor, DateTime<Utc>) -> Result<Vec<TicketChange>, TicketError> + Send + 'static,
    ) -> Result<Written, TicketError> {
        let (by, now) = (self.repository.clone(), (self.clock)());
        let changes = self.read(move |desk| work(desk, &by, now)).await?;
        Ok(if changes.is_empty() { Written::Already } else { Written::Changed })
    }
}

// The desk's writes need no reading back: under its lock a ticket is replaced whole, or the write is an error.
#[async_trait]
impl TicketSystem for DeskSystem {
    fn kind(&self) -> &'static str {
        KIND
    }

    /// What a desk needs, opening it has made.
    async fn check(&self) -> Result<Vec<String>, TicketError> {
        Ok(Vec::new())
    }

    async fn fetch_ticket(&self, id: TicketId) -> Result<Ticket, TicketError> {
        self.read(move |desk| desk.load(id)).await.map(|record| record.ticket)
    }

    async fn fetch_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        self.read(move |desk| desk.load_file(id, field, limit)).await
    }

    async fn fetch_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.read(move |desk| desk.load(id)).await.map(|record| record.history)
    }

    async fn fetch_progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        let is_progress = |c: &TicketChange| matches!(&c.what, ChangeKind::Field { field: Field::RolloutProgress, .. });
        Ok(self.fetch_history(id).await?.into_iter().filter(is_progress).collect())
    }

    async fn fetch_progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        self.read(move |desk| desk.progress_changes(after)).await
    }

    async fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        let query = query.clone();
        self.read(move |desk| desk.list(&query)).await
    }

    async fn ensure_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError> {
        if field == Field::RolloutProgress {
            let reasons = vec![format!("{field} is moved from a known state to another, not set")];
            return Err(TicketError::Refused { ticket: Some(id), reasons });
        }
        let edit = Edit::Field(field, value.to_owned());
        self.write(move |desk, by, now| match standing {
            Some(standing) => desk.set_while(id, edit, standing, by, now),
            None => desk.set(id, &[edit], by, now),
        })
        .await
    }

    async fn ensure_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError> {
        self.write(move |desk, by, now| desk.move_progress(id, (expected, to), by, now)).await
    }

    async fn ensure_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let (marker, text) = (marker.to_owned(), text.to_owned());
        self.write(move |desk, by, now| desk.comment_once(id, &marker, &text, by, now)).await
    }

    async fn ensure_watchers(
        &self,
        id: TicketId,
        groups: &BTreeSet<Group>,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        let groups = groups.clone();
        self.write(move |desk, by, now| desk.replace_watchers(id, &groups, standing, by, now)).await
    }

    async fn ensure_early_adopters(&self, id: TicketId, contacts: &BTreeSet<String>) -> Result<Written, TicketError> {
        let contacts = contacts.clone();
        self.write(move |desk, by, now| desk.replace_early_adopters(id, &contacts, by, now)).await
    }

    async fn ensure_child(&self, invitation: &Invitation) -> Result<Option<TicketId>, TicketError> {
        let (invitation, now) = (invitation.clone(), (self.clock)());
        self.read(move |desk| desk.open_child(&invitation, now)).await.map(Some)
    }

    async fn fetch_child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        self.read(move |desk| desk.load_child(id)).await
    }

    async fn fetch_open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        self.read(Desk::open_children).await
    }

    /// The desk keeps a team's words alone; who the team is stands on record.
    async fn ensure_child_says(
        &self,
        read: &ChildTicket,
        wanted: &ChildTicket,
        _: &ParticipationRecord,
    ) -> Result<Written, TicketError> {
        let (read, wanted) = (read.clone(), wanted.clone());
        self.read(move |desk| desk.set_child(&read, &wanted)).await
    }

    async fn ensure_child_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let (marker, text, now) = (marker.to_owned(), text.to_owned(), (self.clock)());
        self.read(move |desk| desk.comment_child(id, &marker, &text, now)).await
    }

    async fn ensure_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        self.write(move |desk, by, now| desk.set_while(id, Edit::Status(status), standing, by, now)).await
    }
}
