//! Questions to RT about one ticket: itself, its files, its history; and what RT's numbers stand for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use egi_model::field::Field;
use egi_model::role::{Actor, Group};
use egi_model::ticket::{Ticket, TicketChange, TicketId};
use serde::de::DeserializeOwned;
use ureq::http::StatusCode;

use super::http::{Answer, Bytes, Connection};
use super::options::RtOptions;
use super::people::People;
use super::reading::{self, Names};
use super::wire::{AttachmentBody, GroupBody, QueueBody, Reference, TicketBody, TransactionBody};
use crate::error::{Gone, TicketError};

/// How long what RT's numbers stand for is remembered.
const REMEMBERED: Duration = Duration::from_mins(5);
/// What is read of a change in a list.
pub(super) const TRANSACTION: &str = "ObjectId,Type,Field,OldValue,NewValue,Creator,Created";
/// The most bytes of a comment, with what is attached to it, that are read.
const LONGEST_COMMENT: u64 = 256 * 1024;

/// A ticket as it was read, with the version that a change of it has to name.
pub(super) struct Seen {
    pub(super) ticket: Ticket,
    pub(super) etag: String,
}

/// One RT, asked by the repository's account. Its methods block.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) connection: Connection,
    pub(super) queue: String,
    pub(super) people: People,
    names: Mutex<Option<(Arc<Names>, Instant)>>,
    groups: Mutex<BTreeMap<String, Option<Group>>>,
}

impl Client {
    pub(super) fn new(options: RtOptions) -> Result<Self, TicketError> {
        options.token.check()?;
        let connection = Connection::new(&options.url, options.token, options.timeout)?;
        let people = People::new(options.account, options.people);
        let (names, groups) = (Mutex::default(), Mutex::default());
        Ok(Self { connection, queue: options.queue, people, names, groups })
    }

    /// Reads a ticket.
    pub(super) fn see(&self, id: TicketId) -> Result<Seen, TicketError> {
        let (body, etag) = self.ticket_body(id)?;
        let ticket = self.ticket_of(id, &body, self.watchers(&body)?)?;
        Ok(Seen { ticket, etag })
    }

    /// Reads the file of a field, byte for byte.
    pub(super) fn file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        let (body, _) = self.ticket_body(id)?;
        // What is wrong with the ticket is told before a file of it is believed.
        self.ticket_of(id, &body, BTreeSet::new())?;
        let Some(number) = reading::file_number(&body, field) else { return Ok(None) };
        match self.connection.get_bytes(&format!("REST/2.0/download/cf/{number}"), limit)? {
            Bytes::Read(bytes) => Ok(Some(bytes)),
            Bytes::TooMany(size) => Err(TicketError::TooLarge { ticket: id, field, size, limit }),
            // It was replaced or taken away since the ticket was read, or RT does not show it.
            Bytes::Refused(answer) => Err(self.refused(id, &answer)),
        }
    }

    /// The changes of a ticket, with the texts of its comments.
    pub(super) fn history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        self.see(id)?;
        let names = self.names()?;
        let path = format!("REST/2.0/ticket/{id}/history");
        let mut bodies: Vec<TransactionBody> = self.list_by_page(&path, &[("fields", TRANSACTION)])?;
        // What happened to tickets that were merged into this one is no history of its release.
        bodies.retain(|body| body.object_id == id.get());
        let texts = self.comment_texts(id, &bodies)?;
        let mut changes = Vec::new();
        for body in &bodies {
            let by = self.actor(&body.creator)?;
            changes.extend(match texts.get(&body.id) {
                Some((subject, text)) => {
                    let own = self.people.is_own(&by.name);
                    reading::comment(body, by, own, subject, text)
                }
                None => reading::change(body, &names, by),
            });
        }
        changes.sort_unstable_by_key(|change| change.id);
        Ok(changes)
    }

    fn ticket_body(&self, id: TicketId) -> Result<(TicketBody, String), TicketError> {
        let answer = self.connection.get(&format!("REST/2.0/ticket/{id}"), &[])?;
        let body = self.document(&answer, Some(id))?;
        let etag = answer.etag.clone().ok_or_else(|| answer.unexpected())?;
        Ok((body, etag))
    }

    /// The ticket in a document. Of one in another queue, that queue is told by its name, as people know it.
    fn ticket_of(&self, id: TicketId, body: &TicketBody, watchers: BTreeSet<Group>) -> Result<Ticket, TicketError> {
        match reading::ticket(id, body, self.names()?.as_ref(), watchers) {
            Err(TicketError::Gone { ticket, why: Gone::OtherQueue(number) }) => {
                Err(TicketError::Gone { ticket, why: Gone::OtherQueue(self.queue_name(number)?) })
            }
            read => read,
        }
    }

    /// Its number, where RT keeps the name from the account.
    fn queue_name(&self, number: String) -> Result<String, TicketError> {
        let answer = self.connection.get(&format!("REST/2.0/queue/{number}"), &[])?;
        Ok(if answer.status == StatusCode::OK { answer.json::<QueueBody>()?.name } else { number })
    }

    /// The document of an answer about a ticket.
    pub(super) fn document<T: DeserializeOwned>(
        &self,
        answer: &Answer,
        id: Option<TicketId>,
    ) -> Result<T, TicketError> {
        match (answer.status, id) {
            (StatusCode::OK, _) => answer.json(),
            (_, Some(id)) => Err(self.refused(id, answer)),
            (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND, None) => Err(self.no_queue()),
            (_, None) => Err(answer.unexpected()),
        }
    }

    /// Why a request about a ticket came to nothing.
    pub(super) fn refused(&self, id: TicketId, answer: &Answer) -> TicketError {
        match answer.status {
            StatusCode::NOT_FOUND => TicketError::Missing { ticket: id },
            StatusCode::FORBIDDEN => TicketError::Forbidden {
                ticket: Some(id),
                reasons: vec![format!(
                    "RT keeps it from the account {}; it may be in another queue than {}, or a right is missing that \
                     `nsrw rt apply` grants",
                    self.people.account(),
                    self.queue
                )],
            },
            _ => answer.unexpected(),
        }
    }

    pub(super) fn no_queue(&self) -> TicketError {
        TicketError::Setup {
            reasons: vec![format!(
                "RT shows no queue \"{}\" to the account {}; set rt.queue, or let `nsrw rt apply` make the queue and grant \
                 the rights",
                self.queue,
                self.people.account()
            )],
        }
    }

    /// What RT's numbers stand for.
    pub(super) fn names(&self) -> Result<Arc<Names>, TicketError> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = names.as_ref().filter(|(_, since)| since.elapsed() < REMEMBERED) {
            return Ok(Arc::clone(known));
        }
        let fresh = Arc::new(Names::of(&self.queue_body()?));
        *names = Some((Arc::clone(&fresh), Instant::now()));
        Ok(fresh)
    }

    pub(super) fn queue_body(&self) -> Result<QueueBody, TicketError> {
        let answer = self.connection.get(&format!("REST/2.0/queue/{}", self.queue), &[])?;
        self.document(&answer, None)
    }

    /// The groups of ours in the ticket's Cc.
    pub(super) fn watchers(&self, body: &TicketBody) -> Result<BTreeSet<Group>, TicketError> {
        let groups = body.cc.iter().filter(|cc| cc.kind == "group");
        groups.map(|cc| self.group(&cc.id)).filter_map(Result::transpose).collect()
    }

    fn group(&self, id: &str) -> Result<Option<Group>, TicketError> {
        if let Some(known) = self.groups.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(*known);
        }
        let answer = self.connection.get(&format!("REST/2.0/group/{id}"), &[])?;
        if answer.status != StatusCode::OK {
            // A group RT does not show is none of ours, as far as can be told now.
            return Ok(None);
        }
        let name = answer.json::<GroupBody>()?.name;
        let group = Group::ALL.into_iter().find(|group| group.as_str() == name);
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), group);
        Ok(group)
    }

    /// Who made a change, with the roles they hold.
    pub(super) fn actor(&self, creator: &Reference) -> Result<Actor, TicketError> {
        let roles = self.people.roles(&self.connection, &creator.id)?;
        Ok(Actor { name: creator.id.clone(), roles })
    }

    /// Subject and text of each comment, by the number of its transaction.
    fn comment_texts(
        &self,
        id: TicketId,
        bodies: &[TransactionBody],
    ) -> Result<BTreeMap<u64, (String, String)>, TicketError> {
        let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
        let path = format!("REST/2.0/ticket/{id}/attachments");
        for attachment in self.list_by_page::<AttachmentBody>(&path, &[("fields", "TransactionId,ContentLength")])? {
            *sizes.entry(attachment.transaction_id).or_default() += attachment.size();
        }
        let comments = bodies.iter().filter(|body| reading::is_comment(body)).map(|body| body.id);
        comments
            .map(|comment| {
                let readable = sizes.get(&comment).is_some_and(|size| *size <= LONGEST_COMMENT);
                let text = if readable { self.comment_text(comment)? } else { Default::default() };
                Ok((comment, text))
            })
            .collect()
    }

    fn comment_text(&self, transaction: u64) -> Result<(String, String), TicketError> {
        let path = format!("REST/2.0/transaction/{transaction}/attachments");
        let asked = [("fields", "TransactionId,ContentLength,ContentType,Subject,Filename,Content")];
        let attachments: Vec<AttachmentBody> = self.list_by_page(&path, &asked)?;
        let subject = attachments.iter().find_map(|attachment| attachment.subject.clone()).unwrap_or_default();
        let text = attachments.into_iter().filter(AttachmentBody::is_text).find_map(|attachment| attachment.content);
        Ok((subject, text.unwrap_or_default()))
    }
}
