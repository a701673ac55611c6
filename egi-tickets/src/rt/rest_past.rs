//! The past as RT itself tells it over REST 2.0: for sites that can not reach its database, and for not too many years. All
//! of it is read before any of it is handed out, as RT does not tell of a change what came after it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use egi_model::field::Field;
use egi_model::ticket::TicketId;

use super::client::Client;
use super::past::{Emergencies, Fate, NextChange, PastEvent, PastKind, PastSource, filled};
use super::reading::quoted;
use super::system::RtSystem;
use super::wire::{Numbered, PastTicketBody, Reference, TransactionBody};
use crate::error::TicketError;

/// How many transactions make a portion.
const PORTION: usize = 5000;
/// What is read of a transaction.
const TRANSACTION: &str = "ObjectId,Type,Field,OldValue,NewValue,Creator,Created";

/// An RT that is asked.
#[derive(Debug)]
pub struct RtPast {
    rt: RtSystem,
    /// What was read and not handed out yet.
    portions: std::vec::IntoIter<Vec<PastEvent>>,
}

impl RtPast {
    /// The past of this RT.
    #[must_use]
    pub fn new(rt: RtSystem) -> Self {
        Self { rt, portions: Vec::new().into_iter() }
    }
}

#[async_trait]
impl PastSource for RtPast {
    async fn begin(&mut self, after: u64) -> Result<Option<u64>, TicketError> {
        let events = self.rt.run(move |client| client.past(after)).await?;
        let total = events.len() as u64;
        let portions: Vec<Vec<PastEvent>> = events.chunks(PORTION).map(<[PastEvent]>::to_vec).collect();
        self.portions = portions.into_iter();
        Ok(Some(total))
    }

    async fn next(&mut self) -> Result<Option<Vec<PastEvent>>, TicketError> {
        Ok(self.portions.next())
    }
}

impl Client {
    /// All creations and changes behind the transaction `after` of the tickets that are in the queue now.
    fn past(&self, after: u64) -> Result<Vec<PastEvent>, TicketError> {
        let queue = quoted(&self.queue);
        let tickets = self.past_tickets(&queue)?;
        let emergencies = self.emergencies(&queue)?;
        let field = quoted(Field::RolloutProgress.rt_name());
        let query = format!(
            "ObjectType = 'RT::Ticket' AND TicketQueue = {queue} \
             AND (Type = 'Create' OR (Type = 'CustomField' AND CFName = {field}))"
        );
        let bodies: Vec<TransactionBody> = self.list_by_number("REST/2.0/transactions", &query, TRANSACTION, after)?;
        let mut events: Vec<PastEvent> =
            bodies.into_iter().filter_map(|body| event(body, &tickets, &emergencies)).collect();
        tell_what_came_next(&mut events);
        Ok(events)
    }

    fn past_tickets(&self, queue: &str) -> Result<BTreeMap<u64, PastTicketBody>, TicketError> {
        let query = format!("Queue = {queue}");
        let bodies: Vec<PastTicketBody> = self.list_by_number("REST/2.0/tickets", &query, "Subject,Created", 0)?;
        Ok(bodies.into_iter().map(|body| (body.id, body)).collect())
    }

    fn emergencies(&self, queue: &str) -> Result<Emergencies, TicketError> {
        let query = format!("Queue = {queue} AND CF.{{{}}} = 'Yes'", Field::EmergencyRelease);
        let bodies: Vec<Reference> = self.list_by_number("REST/2.0/tickets", &query, "", 0)?;
        Ok(bodies.iter().map(Numbered::number).collect())
    }
}

fn event(
    body: TransactionBody,
    tickets: &BTreeMap<u64, PastTicketBody>,
    emergencies: &Emergencies,
) -> Option<PastEvent> {
    let ticket = TicketId::new(body.object_id)?;
    let known = tickets.get(&body.object_id);
    let what = match body.kind.as_str() {
        "Create" => PastKind::Created,
        _ => PastKind::Progress { old: filled(body.old_value), new: filled(body.new_value), next: None },
    };
    Some(PastEvent {
        transaction: body.id,
        ticket,
        at: body.created,
        by: filled(Some(body.creator.id)),
        what,
        created: known.map_or(body.created, |known| known.created),
        subject: known.map(|known| known.subject.clone()).unwrap_or_default(),
        // RT leaves out of its lists what was deleted or merged.
        fate: if known.is_some() { Fate::There } else { Fate::Hidden },
        emergency: emergencies.contains(&body.object_id),
    })
}

/// Tells each change what came after it on its ticket.
fn tell_what_came_next(events: &mut [PastEvent]) {
    let mut later: BTreeMap<TicketId, (DateTime<Utc>, Option<String>)> = BTreeMap::new();
    for event in events.iter_mut().rev() {
        if let PastKind::Progress { new, next, .. } = &mut event.what {
            let after = later.insert(event.ticket, (event.at, new.clone()));
            *next = after.map(|(at, new)| NextChange { at, new });
        }
    }
}
