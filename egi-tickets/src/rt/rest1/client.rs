//! Questions and changes over REST 1.0. Its methods block.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use egi_model::field::{FIELDS, Field, FieldKind};
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};

use super::answer::{Answer, Record, after_status};
use super::reading::{self, FieldNumbers};
use crate::error::TicketError;
use crate::rt::http::Connection;
use crate::rt::options::RtOptions;
use crate::system::{Found, Query, Written};

/// A ticket's changes of `RolloutProgress`, as they were when it was last updated at this time.
type Remembered = BTreeMap<TicketId, (String, Vec<TicketChange>)>;

/// One RT, asked by the repository's account.
#[derive(Debug)]
pub(super) struct Client {
    connection: Connection,
    options: RtOptions,
    numbers: Mutex<FieldNumbers>,
    remembered: Mutex<Remembered>,
}

impl Client {
    pub(super) fn new(options: RtOptions) -> Result<Self, TicketError> {
        let connection = Connection::new(&options.url, options.token.clone(), options.timeout)?;
        let connection = connection.by_password_of(&options.account);
        Ok(Self { connection, options, numbers: Mutex::default(), remembered: Mutex::default() })
    }

    /// What time it is there.
    pub(super) fn time(&self) -> Result<Option<DateTime<Utc>>, TicketError> {
        self.connection.time()
    }

    /// What is wrong, each with what would do.
    pub(super) fn check(&self) -> Result<Vec<String>, TicketError> {
        let queue = &self.options.queue;
        let answer = match self.ask(&format!("REST/1.0/queue/{queue}"), &[]) {
            Ok(answer) => answer,
            Err(refused @ TicketError::Unauthorized { .. }) => return Ok(vec![refused.to_string()]),
            Err(error) => return Err(error),
        };
        let mut faults = Vec::new();
        if answer.records.iter().all(|record| record.get("Name").is_none()) {
            faults.push(format!(
                "RT shows no queue \"{queue}\" to the account {}; set rt.queue, or grant the right SeeQueue",
                self.options.account
            ));
            return Ok(faults);
        }
        if self.options.people.is_empty() {
            faults.push(
                "nobody's roles are known: over REST 1.0 the groups of RT are not read; name the people in [[people]]"
                    .to_owned(),
            );
        }
        if let Some(record) = self.records(&format!("Queue = '{queue}'"), "l")?.first() {
            let shown: Vec<&str> = record.custom_fields().collect();
            let text = |kind| !matches!(kind, FieldKind::File(_));
            let missing = FIELDS.iter().filter(|spec| text(spec.kind) && !shown.contains(&spec.rt_name));
            let missing: Vec<&str> = missing.map(|spec| spec.rt_name).collect();
            if !missing.is_empty() {
                faults.push(format!(
                    "tickets of {queue} have no field {}, or hide it from the account {}",
                    missing.join(", "),
                    self.options.account
                ));
            }
        }
        Ok(faults)
    }

    pub(super) fn ticket(&self, id: TicketId) -> Result<Ticket, TicketError> {
        let answer = self.ask(&format!("REST/1.0/ticket/{id}/show"), &[])?;
        match answer.records.first().filter(|record| record.get("Queue").is_some()) {
            Some(record) => reading::ticket(Some(id), record, &self.options.queue),
            None => Err(refused(id, answer)),
        }
    }

    /// The newest attachment with the name that the field's file has.
    pub(super) fn file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        let FieldKind::File(name) = field.spec().kind else { return Ok(None) };
        self.ticket(id)?;
        let list = self.connection.get_text(&format!("REST/1.0/ticket/{id}/attachments"), &[])?;
        if list.is_empty() {
            return Ok(None);
        }
        let answer = self.told(&list)?;
        let attached = answer.records.first().map(reading::attachments).unwrap_or_default();
        let Some((number, _, kind)) = attached.into_iter().rfind(|(_, attached, _)| attached == name) else {
            return Ok(None);
        };
        let bytes = self.connection.get_text(&format!("REST/1.0/ticket/{id}/attachments/{number}/content"), &[])?;
        let content = after_status(&bytes).filter(|(status, _)| *status == 200).map(|(_, content)| content.to_vec());
        let content = content.ok_or_else(|| refused_bytes(id, &bytes))?;
        let size = content.len() as u64;
        if size > limit {
            return Err(TicketError::TooLarge { ticket: id, field, size, limit });
        }
        if kind == "text/plain" && names_other_encoding(&content) {
            let why = format!(
                "{name} was attached as text/plain, which RT turns into UTF-8, and says that it is something else; attach it as application/xml"
            );
            return Err(TicketError::Refused { ticket: Some(id), reasons: vec![why] });
        }
        Ok(Some(content))
    }

    pub(super) fn history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        let answer = self.ask(&format!("REST/1.0/ticket/{id}/history"), &[("format", "l")])?;
        if answer.records.is_empty() {
            return Err(refused(id, answer));
        }
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let read =
            |record: &Record| reading::change(record, &mut numbers, |name| self.actor(name), &self.options.account);
        let mut changes: Vec<TicketChange> = answer.records.iter().filter_map(read).collect();
        // What happened to tickets that were merged into this one is no history of its release.
        changes.retain(|change| change.ticket == id);
        changes.sort_unstable_by_key(|change| change.id);
        Ok(changes)
    }

    pub(super) fn progress_history(&self, id: TicketId) -> Result<Vec<TicketChange>, TicketError> {
        let mut changes = self.history(id)?;
        changes.retain(|change| matches!(change.what, ChangeKind::Field { field: Field::RolloutProgress, .. }));
        Ok(changes)
    }

    /// RT does not search transactions over this interface. So the history of each ticket is read that was updated since
    /// it was last read; all of them when this is asked for the first time.
    pub(super) fn progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        let updated = self.records(&format!("Queue = '{}'", self.options.queue), "id,LastUpdated")?;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = remembered.values().map(|(at, _)| at.clone()).max();
        let mut found = Found::default();
        for record in &updated {
            let id = record.get("id").and_then(|id| id.strip_prefix("ticket/").unwrap_or(id).parse::<TicketId>().ok());
            let (Some(id), Some(at)) = (id, record.get("LastUpdated")) else { continue };
            let known = remembered.get(&id).is_some_and(|(then, _)| then == at && newest.as_deref() != Some(at));
            if !known {
                match self.progress_history(id) {
                    Ok(changes) => drop(remembered.insert(id, (at.to_owned(), changes))),
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => found.unreadable.push(error),
                }
            }
            let changes = remembered.get(&id).map(|(_, changes)| changes.as_slice()).unwrap_or_default();
            found.items.extend(changes.iter().filter(|change| change.id > after).cloned());
        }
        found.items.sort_unstable_by_key(|change| change.id);
        Ok(found)
    }

    pub(super) fn search(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        let asked = format!("Queue = '{}' AND id > {}", self.options.queue, query.above);
        let mut found = Found::default();
        for record in &self.records(&asked, "l")? {
            match reading::ticket(None, record, &self.options.queue) {
                Ok(ticket) => {
                    found.items.extend(Some(ticket).filter(|t| t.progress().is_ok_and(|p| query.matches(t, p))));
                }
                Err(TicketError::Gone { .. }) => {}
                Err(error) => found.unreadable.push(error),
            }
        }
        found.items.sort_unstable_by_key(|ticket| ticket.id);
        Ok(found)
    }

    pub(super) fn set_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError> {
        let value = value.trim();
        let is_so = |ticket: &Ticket| ticket.value(field).unwrap_or_default() == value;
        let ticket = self.ticket(id)?;
        if let Some(expected) = standing {
            stand(&ticket, expected)?;
        }
        self.edit(&ticket, &format!("CF.{{{field}}}: {value}"), is_so)
    }

    pub(super) fn set_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError> {
        let ticket = self.ticket(id)?;
        if ticket.progress() != Ok(to) {
            stand(&ticket, expected)?;
        }
        self.edit(&ticket, &format!("CF.{{{}}}: {to}", Field::RolloutProgress), |ticket| ticket.progress() == Ok(to))
    }

    pub(super) fn set_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        let ticket = self.ticket(id)?;
        stand(&ticket, standing)?;
        self.edit(&ticket, &format!("Status: {status}"), |ticket| ticket.status == status)
    }

    pub(super) fn add_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let there = |changes: Vec<TicketChange>| {
            changes
                .iter()
                .any(|change| matches!(&change.what, ChangeKind::Comment { marker: Some(m), .. } if m == marker))
        };
        if there(self.history(id)?) {
            return Ok(Written::Already);
        }
        // Lines of a value go on with a blank.
        let lines = reading::marked(marker, text).replace('\n', "\n ");
        let content = format!("id: {id}\nAction: comment\nText: {lines}");
        let answer = self.told(&self.connection.post_form(&format!("REST/1.0/ticket/{id}/comment"), &content)?)?;
        if there(self.history(id)?) { Ok(Written::Changed) } else { Err(refused(id, answer)) }
    }

    /// Looks, writes what is not so, and reads back.
    fn edit(&self, ticket: &Ticket, change: &str, is_so: impl Fn(&Ticket) -> bool) -> Result<Written, TicketError> {
        if is_so(ticket) {
            return Ok(Written::Already);
        }
        let id = ticket.id;
        let answer = self.told(&self.connection.post_form(&format!("REST/1.0/ticket/{id}/edit"), change)?)?;
        if is_so(&self.ticket(id)?) { Ok(Written::Changed) } else { Err(refused(id, answer)) }
    }

    fn records(&self, query: &str, form: &str) -> Result<Vec<Record>, TicketError> {
        let form = if form == "l" { ("format", form) } else { ("fields", form) };
        let answer = self.ask("REST/1.0/search/ticket", &[("query", query), ("orderby", "+id"), form])?;
        Ok(answer.records.into_iter().filter(|record| record.get("id").is_some()).collect())
    }

    fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Answer, TicketError> {
        self.told(&self.connection.get_text(path, query)?)
    }

    fn told(&self, bytes: &[u8]) -> Result<Answer, TicketError> {
        Answer::parse(bytes).ok_or_else(|| TicketError::NotUnderstood {
            url: self.connection.url().to_owned(),
            answer: String::from_utf8_lossy(bytes).chars().take(200).collect(),
        })
    }

    fn actor(&self, name: &str) -> Actor {
        let roles = if name == self.options.account {
            Some(vec![Role::Repository])
        } else {
            self.options.people.get(name).cloned()
        };
        Actor { name: name.to_owned(), roles: roles.unwrap_or_default() }
    }
}

fn stand(ticket: &Ticket, expected: RolloutState) -> Result<(), TicketError> {
    match ticket.progress() {
        Ok(found) if found != expected => Err(TicketError::Overtaken { ticket: ticket.id, expected, found }),
        Ok(_) => Ok(()),
        Err(unknown) => Err(TicketError::Malformed { ticket: ticket.id, reasons: vec![unknown.to_string()] }),
    }
}

/// Why RT did not do it, by its words: its status tells little.
fn refused(id: TicketId, answer: Answer) -> TicketError {
    let said = answer.remarks.join("; ");
    if said.contains("does not exist") {
        TicketError::Missing { ticket: id }
    } else if said.contains("not allowed") || said.contains("Permission Denied") {
        TicketError::Forbidden { ticket: Some(id), reasons: answer.remarks }
    } else {
        TicketError::Refused { ticket: Some(id), reasons: answer.remarks }
    }
}

fn refused_bytes(id: TicketId, bytes: &[u8]) -> TicketError {
    let remarks = vec![String::from_utf8_lossy(bytes).chars().take(200).collect()];
    refused(id, Answer { status: 0, remarks, records: Vec::new() })
}

/// Whether the XML declaration names another encoding than UTF-8.
fn names_other_encoding(content: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(content.get(..200).unwrap_or(content)).to_lowercase();
    let declaration = beginning.split("?>").next().unwrap_or_default();
    declaration.contains("encoding") && !declaration.contains("utf-8") && !declaration.contains("us-ascii")
}
