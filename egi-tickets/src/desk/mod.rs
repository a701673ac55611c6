//! The desk: a ticket system in a folder, for sites without Request Tracker.
//!
//! ```text
//! desk.json                      the next ticket's and the next change's number
//! desk.lock                      held by whoever writes
//! tickets/<id>/ticket.json       the whole ticket: fields, people and its history of changes
//! tickets/<id>/files/<n>-<name>  release.xml and checksums.xml byte for byte
//! teams/<id>.json                the ticket of an early-adopter team
//! outbox/<id>.<n>-<group>.txt    the messages to the groups, for the site's mail to pick up
//! ```
//!
//! A ticket is one document, replaced as a whole by an atomic rename, so a reader sees it before a change or after it and
//! needs no lock. Whatever the document names (files, messages) is on disk before it is: `<n>` is the place in the
//! ticket's history of the entry they belong to, so that a change repeated after a crash writes the same files again.
//! Writers take turns.
//!
//! A lost `desk.json` is made anew from the tickets when the desk is opened.
//!
//! The desk keeps the specification's rules about fields (values, defaults, null rules, who writes), which it reads
//! from [`egi_model::field::FIELDS`]. It does not know which transitions are allowed: the workflow checks those when it
//! acts on a change.

mod apply;
mod children;
mod mail;
mod rules;
mod store;
mod system;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::field::Field;
use egi_model::role::{Actor, Group};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};
use serde::{Deserialize, Serialize};

use self::rules::Faults;
use self::store::{Lock, Store};
use crate::error::TicketError;
use crate::system::{Found, Query};

pub use self::rules::{MENDABLE, file_limit};
pub use self::system::{Clock, DeskSystem};

/// A ticket as the desk keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketRecord {
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// The files of its file fields.
    pub files: BTreeMap<Field, StoredFile>,
    /// Everything that ever happened to it, oldest first.
    pub history: Vec<TicketChange>,
}

/// A file of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its name in the ticket's folder of files.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// A ticket to be created.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// Its title.
    pub subject: String,
    /// Who asks: accounts or addresses. The creator, when empty.
    pub requestors: Vec<String>,
    /// Who creates it.
    pub by: Actor,
    /// The values of fields; the others get their defaults.
    pub fields: Vec<(Field, String)>,
    /// The contents of file fields.
    pub files: Vec<(Field, Vec<u8>)>,
}

/// One thing a person changes on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Gives a field this value; an empty value empties it.
    Field(Field, String),
    /// Replaces the file of a field.
    File(Field, Vec<u8>),
    /// Sets the status.
    Status(TicketStatus),
    /// Says who works on it; `None` is nobody.
    Owner(Option<String>),
}

/// What is to be written to a ticket.
#[derive(Debug, Default)]
struct Draft {
    changes: Vec<ChangeKind>,
    /// The files that come with the changes.
    files: Vec<(Field, Vec<u8>)>,
}

impl From<ChangeKind> for Draft {
    fn from(change: ChangeKind) -> Self {
        Self { changes: vec![change], files: Vec::new() }
    }
}

/// A desk. Cheap to clone; its methods block on the file system.
#[derive(Debug, Clone)]
pub struct Desk {
    store: Store,
}

impl Desk {
    /// Opens the desk in `folder`, and sets it up when the folder is empty or missing.
    pub fn open(folder: &Path) -> Result<Self, TicketError> {
        Ok(Self { store: Store::open(folder)? })
    }

    /// Creates a ticket at `now`. Every fault of it is reported at once, and a ticket with any is not created.
    ///
    /// Refused too is a second open ticket for one release, which is told by the content of its release.xml.
    pub fn create(&self, new: NewTicket, now: DateTime<Utc>) -> Result<Ticket, TicketError> {
        let lock = self.store.lock()?;
        let mut faults = rules::check_new(&new);
        self.refuse_twins(None, &new.files, &mut faults)?;
        faults.into_result(None)?;
        let by = new.by.clone();
        let (record, draft) = apply::first_record(self.store.next_ticket(&lock)?, new, now);
        self.store.make_ticket_folder(&lock, record.ticket.id)?;
        let (record, _) = self.write(&lock, record, draft, &by, now)?;
        Ok(record.ticket)
    }

    /// Makes all of `edits`, or none when one of them is at fault. Answers with what changed: nothing for what was so
    /// already; a change of `RolloutProgress` sets `CommunicationStatus` to `Pending`.
    pub fn set(
        &self,
        id: TicketId,
        edits: &[Edit],
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |record| self.plan_edits(record, edits, by))
    }

    /// As [`Self::set`], but only while the release stands at `standing`.
    fn set_while(
        &self,
        id: TicketId,
        edit: Edit,
        standing: RolloutState,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |record| {
            self.ensure_standing(record, standing)?;
            self.plan_edits(record, &[edit], by)
        })
    }

    fn ensure_standing(&self, record: &TicketRecord, expected: RolloutState) -> Result<(), TicketError> {
        let found = self.store.progress(record)?;
        if found == expected {
            return Ok(());
        }
        Err(TicketError::Overtaken { ticket: record.ticket.id, expected, found })
    }

    /// Adds a comment.
    pub fn comment(
        &self,
        id: TicketId,
        text: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |_| rules::check_comment(id, text, None).map(Draft::from))
    }

    /// Reads a ticket with its files' names and its history.
    pub fn load(&self, id: TicketId) -> Result<TicketRecord, TicketError> {
        self.store.load(id)
    }

    /// Reads the file of `field`, checked against the digest it was stored with; `None` when there is none.
    pub fn load_file(&self, id: TicketId, field: Field, limit: u64) -> Result<Option<Vec<u8>>, TicketError> {
        let record = self.store.load(id)?;
        let Some(file) = record.files.get(&field) else { return Ok(None) };
        if file.size > limit {
            return Err(TicketError::TooLarge { ticket: id, field, size: file.size, limit });
        }
        self.store.load_file(id, file).map(Some)
    }

    /// Finds tickets, in the order of their numbers.
    pub fn list(&self, query: &Query) -> Result<Found<Ticket>, TicketError> {
        let Found { items, unreadable } = self.store.load_all()?;
        let matching = |record: &TicketRecord| record.ticket.progress().is_ok_and(|p| query.matches(&record.ticket, p));
        let items = items.into_iter().filter(matching).map(|record| record.ticket).collect();
        Ok(Found { items, unreadable })
    }

    /// Every change of `RolloutProgress` with an id above `after`, oldest first.
    pub fn progress_changes(&self, after: u64) -> Result<Found<TicketChange>, TicketError> {
        // Without the lock, a change written to a ticket already read could be followed by one to a ticket yet to be
        // read: the caller would see the second and never the first.
        let _quiet = self.store.lock_shared()?;
        let Found { items, unreadable } = self.store.load_all()?;
        let is_progress = |c: &TicketChange| matches!(&c.what, ChangeKind::Field { field: Field::RolloutProgress, .. });
        let mut items: Vec<TicketChange> =
            items.into_iter().flat_map(|r| r.history).filter(|c| c.id > after && is_progress(c)).collect();
        items.sort_unstable_by_key(|c| c.id);
        Ok(Found { items, unreadable })
    }

    fn plan_edits(&self, record: &TicketRecord, edits: &[Edit], by: &Actor) -> Result<Draft, TicketError> {
        let id = record.ticket.id;
        let (edits, mut faults) = rules::check_edits(&record.ticket, edits, by);
        let draft = apply::changes(record, edits);
        self.refuse_twins(Some(id), &draft.files, &mut faults)?;
        faults.into_result(Some(id))?;
        Ok(draft)
    }

    /// Faults a release.xml that another open ticket has. Damaged tickets are passed over: they are nobody's reason to
    /// stop working.
    fn refuse_twins(
        &self,
        own: Option<TicketId>,
        files: &[(Field, Vec<u8>)],
        faults: &mut Faults,
    ) -> Result<(), TicketError> {
        let Some((_, bytes)) = files.iter().find(|(field, _)| *field == Field::ReleaseMetadata) else { return Ok(()) };
        let digest = Sha256::of(bytes);
        let others = self.store.load_all()?.items;
        let twin = others
            .iter()
            .filter(|other| Some(other.ticket.id) != own && rules::is_open(&other.ticket))
            .find(|other| other.files.get(&Field::ReleaseMetadata).is_some_and(|file| file.sha256 == digest));
        if let Some(twin) = twin {
            faults.twin(twin.ticket.id);
        }
        Ok(())
    }

    /// Reads the ticket, lets `plan` say what changes, and writes that, all under the writers' lock.
    fn change(
        &self,
        id: TicketId,
        by: &Actor,
        now: DateTime<Utc>,
        plan: impl FnOnce(&TicketRecord) -> Result<Draft, TicketError>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        let lock = self.store.lock()?;
        let record = self.store.load(id)?;
        let draft = plan(&record)?;
        if draft.changes.is_empty() {
            return Ok(Vec::new());
        }
        self.write(&lock, record, draft, by, now).map(|(_, changes)| changes)
    }

    /// Numbers the changes and writes files, messages and, last, the document that names them.
    fn write(
        &self,
        lock: &Lock,
        mut record: TicketRecord,
        draft: Draft,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<(TicketRecord, Vec<TicketChange>), TicketError> {
        let ticket = record.ticket.id;
        let first = self.store.next_changes(lock, draft.changes.len())?;
        let place = record.history.len() + 1;
        let changes: Vec<TicketChange> = (first..)
            .zip(draft.changes)
            .map(|(id, what)| TicketChange { id, ticket, at: now, by: by.clone(), what })
            .collect();
        for (field, bytes) in draft.files {
            let file = self.store.save_file(lock, ticket, place, field, &bytes)?;
            record.files.insert(field, file);
        }
        for change in &changes {
            apply::apply(&mut record.ticket, &change.what);
        }
        for message in mail::messages(&record.ticket, &changes, place) {
            self.store.save_message(lock, &message)?;
        }
        record.history.extend(changes.iter().cloned());
        self.store.save(lock, &record)?;
        Ok((record, changes))
    }

    /// As [`crate::TicketSystem::ensure_progress`].
    fn move_progress(
        &self,
        id: TicketId,
        (expected, to): (RolloutState, RolloutState),
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |record| {
            if self.store.progress(record)? != to {
                self.ensure_standing(record, expected)?;
            }
            self.plan_edits(record, &[Edit::Field(Field::RolloutProgress, to.to_string())], by)
        })
    }

    /// As [`crate::TicketSystem::ensure_comment`].
    fn comment_once(
        &self,
        id: TicketId,
        marker: &str,
        text: &str,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        let is_it = |c: &TicketChange| matches!(&c.what, ChangeKind::Comment { marker: Some(m), .. } if m == marker);
        self.change(id, by, now, |record| {
            if record.history.iter().any(is_it) {
                return Ok(Draft::default());
            }
            rules::check_comment(id, text, Some(marker)).map(Draft::from)
        })
    }

    /// As [`crate::TicketSystem::ensure_early_adopters`].
    fn replace_early_adopters(
        &self,
        id: TicketId,
        contacts: &BTreeSet<String>,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |record| {
            let fresh = record.ticket.early_adopters != *contacts;
            let change = || ChangeKind::EarlyAdopters { contacts: contacts.clone() };
            Ok(if fresh { change().into() } else { Draft::default() })
        })
    }

    /// As [`crate::TicketSystem::ensure_watchers`].
    fn replace_watchers(
        &self,
        id: TicketId,
        groups: &BTreeSet<Group>,
        standing: RolloutState,
        by: &Actor,
        now: DateTime<Utc>,
    ) -> Result<Vec<TicketChange>, TicketError> {
        self.change(id, by, now, |record| {
            self.ensure_standing(record, standing)?;
            let fresh = record.ticket.watchers != *groups;
            Ok(if fresh { ChangeKind::Watchers { groups: groups.clone() }.into() } else { Draft::default() })
        })
    }
}
