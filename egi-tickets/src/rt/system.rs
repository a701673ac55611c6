//! RT as a [`TicketSystem`]: the worker's view of it, off the async threads.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, ParticipationRecord};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketId, TicketStatus};

use super::KIND;
use super::client::Client;
use super::options::RtOptions;
use crate::error::TicketError;
use crate::system::{Found, Invitation, Query, TicketSystem, Written};

/// An RT that the workflow drives. Cheap to clone.
#[derive(Debug, Clone)]
pub struct RtSystem {
    client: Arc<Client>,
}

impl RtSystem {
    /// The RT that `options` name. Nothing is asked of it yet; [`TicketSystem::check`] does.
    pub fn new(options: RtOptions) -> Result<Self, TicketError> {
        Ok(Self { client: Arc::new(Client::new(options)?) })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Client) -> Result<T, TicketError> + Send + 'static,
    ) -> Result<T, TicketError> {
        let client = Arc::clone(&self.client);
        tokio::task::spawn_blocking(move || work(&client))
            .await
            .map_err(|source| TicketError::Unavailable { system: KIND, source: source.into() })?
    }
}

#[async_trait]
impl TicketSystem for RtSystem {
    fn kind(&self) -> &'static str {
        KIND
    }

    async fn check(&self) -> Result<Vec<String>, TicketError> {
        self.run(Client::check).await
    }

    async fn fetch_time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        self.run(Client::time).await
    }

    async fn fetch_ticket(&self, id: TicketId) -> Result<Ticket, TicketError> {
        self.run(move |rt| rt.see(id)).await.map(|seen| seen.ticket)
    }

    async fn fetch_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        self.run(move |rt| rt.file(id, field, limit)).await
    }

    /// The owner's changes and who was told are not in it: of these, RT tells numbers alone.
    async fn fetch_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.run(move |rt| rt.history(id)).await
    }

    async fn fetch_progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.run(move |rt| rt.progress_history(id)).await
    }

    async fn fetch_progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        self.run(move |rt| rt.progress_changes(after)).await
    }

    async fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        let query = query.clone();
        self.run(move |rt| rt.search(&query)).await
    }

    async fn ensure_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError> {
        let value = value.to_owned();
        self.run(move |rt| rt.set_field(id, field, &value, standing)).await
    }

    async fn ensure_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError> {
        self.run(move |rt| rt.set_progress(id, expected, to)).await
    }

    async fn ensure_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let (marker, text) = (marker.to_owned(), text.to_owned());
        self.run(move |rt| rt.add_comment(id, &marker, &text)).await
    }

    /// RT's extension sets the groups itself, in the moment `CommunicationStatus` is answered.
    async fn ensure_watchers(
        &self,
        _id: TicketId,
        _groups: &BTreeSet<Group>,
        _standing: RolloutState,
    ) -> Result<Written, TicketError> {
        Ok(Written::Already)
    }

    async fn ensure_early_adopters(&self, id: TicketId, contacts: &BTreeSet<String>) -> Result<Written, TicketError> {
        let contacts = contacts.clone();
        self.run(move |rt| rt.set_early_adopters(id, &contacts)).await
    }

    async fn ensure_child(&self, invitation: &Invitation) -> Result<Option<TicketId>, TicketError> {
        let invitation = invitation.clone();
        self.run(move |rt| rt.open_child(&invitation)).await.map(Some)
    }

    async fn fetch_child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        self.run(move |rt| rt.child(id)).await
    }

    async fn fetch_open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        self.run(Client::open_children).await
    }

    async fn ensure_child_says(
        &self,
        read: &ChildTicket,
        wanted: &ChildTicket,
        part: &ParticipationRecord,
    ) -> Result<Written, TicketError> {
        let (read, wanted, part) = (read.clone(), wanted.clone(), part.clone());
        self.run(move |rt| rt.set_child(&read, &wanted, &part)).await
    }

    async fn ensure_child_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let (marker, text) = (marker.to_owned(), text.to_owned());
        self.run(move |rt| rt.comment_child(id, &marker, &text)).await
    }

    async fn ensure_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        self.run(move |rt| rt.set_status(id, status, standing)).await
    }
}

impl RtSystem {
    /// The groups whose name begins so: teams that are kept in RT.
    pub async fn fetch_groups(&self, beginning: &'static str) -> Result<Vec<super::RtGroup>, TicketError> {
        self.run(move |rt| rt.groups_beginning(beginning)).await
    }
}
