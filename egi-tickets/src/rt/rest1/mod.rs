//! Request Tracker over REST 1.0, for sites whose RT is older than 5: reading, history, comment and edit.
//!
//! The interface answers 200 to everything and tells what became of a request in the first line of a text; dates are those
//! of the account, whose time zone has to be UTC and whose language English. What it can not do is in
//! [`LIMITS`](Rest1System::LIMITS), and told when work begins.

mod answer;
mod client;
#[cfg(fuzzing)]
pub(super) mod fuzzing;
mod reading;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::participation::{ChildTicket, ParticipationRecord};
use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketId, TicketStatus};

use self::client::Client;
use super::KIND;
use super::options::RtOptions;
use crate::error::TicketError;
use crate::system::{Found, Invitation, Query, TicketSystem, Written};

/// An older RT that the workflow drives. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rest1System {
    client: Arc<Client>,
}

impl Rest1System {
    /// What this interface can not do, each with what is done instead.
    pub const LIMITS: [&'static str; 6] = [
        "REST 1.0 does not hand out file fields: release.xml and checksums.xml are read from the ticket's attachments of these names",
        "REST 1.0 does not search changes: missed ones are found in the histories of all tickets that were updated, which takes longer",
        "REST 1.0 has no If-Match: between looking where a ticket stands and writing to it, somebody can move it",
        "REST 1.0 does not show groups: roles are those of [[people]] alone, and who is told of a ticket is left to RT",
        "REST 1.0 tells times in the account's time zone and words in its language: set them to UTC and English",
        "over REST 1.0 early adopters get no tickets of their own and no mail of RT's: they answer with `nsrw ea` or over HTTP",
    ];

    /// The RT that `options` name. Where the token does not look like one, it is the password of the account. Nothing is
    /// asked yet.
    pub fn new(options: RtOptions) -> Result<Self, TicketError> {
        Ok(Self { client: Arc::new(Client::new(options)?) })
    }

    async fn run<T: Send + 'static>(
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
impl TicketSystem for Rest1System {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn limits(&self) -> &'static [&'static str] {
        &Self::LIMITS
    }

    async fn check(&self) -> Result<Vec<String>, TicketError> {
        self.run(Client::check).await
    }

    async fn fetch_time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        self.run(Client::time).await
    }

    async fn fetch_ticket(&self, id: TicketId) -> Result<Ticket, TicketError> {
        self.run(move |rt| rt.ticket(id)).await
    }

    async fn fetch_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        self.run(move |rt| rt.file(id, field, limit)).await
    }

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

    async fn ensure_watchers(
        &self,
        _id: TicketId,
        _groups: &BTreeSet<Group>,
        _standing: RolloutState,
    ) -> Result<Written, TicketError> {
        Ok(Written::Already)
    }

    async fn ensure_early_adopters(&self, _: TicketId, _: &BTreeSet<String>) -> Result<Written, TicketError> {
        Ok(Written::Already)
    }

    async fn ensure_child(&self, _: &Invitation) -> Result<Option<TicketId>, TicketError> {
        Ok(None)
    }

    async fn fetch_child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        Err(TicketError::Missing { ticket: id })
    }

    async fn fetch_open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        Ok(Found::default())
    }

    async fn ensure_child_says(
        &self,
        _: &ChildTicket,
        _: &ChildTicket,
        _: &ParticipationRecord,
    ) -> Result<Written, TicketError> {
        Ok(Written::Already)
    }

    async fn ensure_child_comment(&self, _: TicketId, _: &str, _: &str) -> Result<Written, TicketError> {
        Ok(Written::Already)
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
