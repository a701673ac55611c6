//! Questions that RT searches for an answer: changes and tickets of the whole queue, a comment by its marker.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketChange, TicketId};
use serde::de::DeserializeOwned;

use super::client::{Client, TRANSACTION};
use super::reading::{self, quoted};
use super::wire::{Numbered, Page, Reference, TicketBody, TransactionBody};
use crate::error::TicketError;
use crate::system::{Found, Query};

/// How many items of a list are asked for at once; RT gives no more.
const PER_PAGE: &str = "100";
/// What is read of a ticket in a list.
pub(super) const TICKET: &str = "Queue,Subject,Status,Owner,Requestor,Cc,Created,CustomFields";

impl Client {
    /// The changes of one ticket's `RolloutProgress`.
    pub(super) fn progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.progress_changes_where(&format!("ObjectId = {id}"), 0)
    }

    /// The changes of `RolloutProgress` with a number above `after`, of all tickets that are in the queue now.
    pub(super) fn progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        let items = self.progress_changes_where(&format!("TicketQueue = {}", quoted(&self.queue)), after)?;
        Ok(Found { items, unreadable: Vec::new() })
    }

    fn progress_changes_where(&self, which: &str, after: u64) -> Result<Vec<TicketChange>, TicketError> {
        let field = quoted(Field::RolloutProgress.rt_name());
        let query = format!("ObjectType = 'RT::Ticket' AND Type = 'CustomField' AND CFName = {field} AND {which}");
        let bodies: Vec<TransactionBody> = self.list_by_number("REST/2.0/transactions", &query, TRANSACTION, after)?;
        let mut changes = Vec::new();
        for body in &bodies {
            changes.extend(reading::progress_change(body, self.actor(&body.creator)?));
        }
        Ok(changes)
    }

    /// The tickets of the queue that a query asks for.
    pub(super) fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        let names = self.names()?;
        let question = self.ticket_query(query);
        let bodies: Vec<TicketBody> = self.list_by_number("REST/2.0/tickets", &question, TICKET, query.above)?;
        let mut found = Found::default();
        for body in &bodies {
            let Some(id) = TicketId::new(body.id) else { continue };
            match self.watchers(body).and_then(|watchers| reading::ticket(id, body, &names, watchers)) {
                Ok(ticket) => found.items.push(ticket),
                Err(TicketError::Gone { .. }) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
    }

    fn ticket_query(&self, query: &Query) -> String {
        let mut parts = vec![format!("Queue = {}", quoted(&self.queue))];
        let any = |alternatives: Vec<String>| format!("({})", alternatives.join(" OR "));
        if let Some(statuses) = query.status.as_ref().filter(|statuses| !statuses.is_empty()) {
            parts.push(any(statuses.iter().map(|status| format!("Status = '{status}'")).collect()));
        }
        if let Some(states) = query.progress.as_ref().filter(|states| !states.is_empty()) {
            let field = format!("CF.{{{}}}", Field::RolloutProgress.rt_name());
            let mut alternatives: Vec<String> = states.iter().map(|state| format!("{field} = '{state}'")).collect();
            if states.contains(&RolloutState::Submitted) {
                alternatives.push(format!("{field} IS NULL"));
            }
            parts.push(any(alternatives));
        }
        parts.join(" AND ")
    }

    /// Whether the ticket has a comment of ours with this marker.
    pub(super) fn has_comment(&self, id: TicketId, marker: &str) -> Result<bool, TicketError> {
        let query = format!(
            "ObjectType = 'RT::Ticket' AND ObjectId = {id} AND Type = 'Comment' AND Creator = {} AND Subject LIKE {}",
            quoted(self.people.account()),
            quoted(&reading::marker_prefix(marker)),
        );
        let answer = self.connection.get("REST/2.0/transactions", &[("query", &query), ("per_page", "1")])?;
        let page: Page<Reference> = self.document(&answer, None)?;
        Ok(!page.items.is_empty())
    }

    /// All items of a list that RT searches, in the order of their numbers, above `after`. Each page is asked for by the
    /// number the last one ended with: what comes and goes meanwhile shifts nothing.
    pub(super) fn list_by_number<T: DeserializeOwned + Numbered>(
        &self,
        path: &str,
        query: &str,
        fields: &str,
        after: u64,
    ) -> Result<Vec<T>, TicketError> {
        let (mut all, mut last) = (Vec::new(), after);
        loop {
            let query = format!("{query} AND id > {last}");
            let asked = [
                ("query", query.as_str()),
                ("fields", fields),
                ("orderby", "id"),
                ("order", "ASC"),
                ("per_page", PER_PAGE),
            ];
            let page: Page<T> = self.document(&self.connection.get(path, &asked)?, None)?;
            let Some(end) = page.items.iter().map(Numbered::number).max().filter(|end| *end > last) else {
                return Ok(all);
            };
            last = end;
            all.extend(page.items);
        }
    }

    /// All items of a list that belongs to a ticket, page by page.
    pub(super) fn list_by_page<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, TicketError> {
        let mut all = Vec::new();
        for page in 1_u32.. {
            let number = page.to_string();
            let asked: Vec<(&str, &str)> =
                query.iter().copied().chain([("per_page", PER_PAGE), ("page", number.as_str())]).collect();
            let page: Page<T> = self.document(&self.connection.get(path, &asked)?, None)?;
            if page.items.is_empty() {
                break;
            }
            all.extend(page.items);
        }
        Ok(all)
    }
}
