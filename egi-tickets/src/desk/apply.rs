//! From edits to changes, and from changes to the ticket they lead to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use egi_model::digest::Sha256;
use egi_model::field::{FIELDS, Field, FieldKind};
use egi_model::role::Group;
use egi_model::ticket::{ChangeKind, CommunicationStatus, Ticket, TicketId, TicketStatus};

use super::{Draft, Edit, NewTicket, StoredFile, TicketRecord};

/// The ticket that a checked [`NewTicket`] leads to, and what is still to be written to it.
pub(super) fn first_record(id: TicketId, new: NewTicket, now: DateTime<Utc>) -> (TicketRecord, Draft) {
    let defaults = FIELDS.iter().filter_map(|spec| spec.default.map(|value| (spec.field, value.to_owned())));
    let given = new.fields.iter().filter(|(_, value)| !value.trim().is_empty());
    let given = given.filter_map(|(field, value)| field.spec().check(value).ok().map(|value| (*field, value)));
    let names = new.files.iter().filter_map(|(field, _)| file_name(*field).map(|name| (*field, name.to_owned())));
    let ticket = Ticket {
        id,
        subject: new.subject.trim().to_owned(),
        status: TicketStatus::New,
        owner: None,
        requestors: if new.requestors.is_empty() { vec![new.by.name.clone()] } else { new.requestors.clone() },
        watchers: BTreeSet::new(),
        early_adopters: BTreeSet::new(),
        created: now,
        fields: defaults.chain(given).chain(names).collect(),
    };
    let record = TicketRecord { ticket, files: BTreeMap::new(), history: Vec::new() };
    (record, Draft { changes: vec![ChangeKind::Created], files: new.files })
}

/// What checked `edits` change, and the files they bring. What is so already is no change.
pub(super) fn changes(record: &TicketRecord, edits: Vec<Edit>) -> Draft {
    let answered = edits.iter().any(|e| matches!(e, Edit::Field(Field::CommunicationStatus, _)));
    let Draft { mut changes, mut files } = Draft::default();
    for edit in edits {
        match edit {
            Edit::Field(field, value) => {
                let moved = field_change(&record.ticket, field, &value);
                let resets = moved.is_some() && field == Field::RolloutProgress && !answered;
                changes.extend(moved);
                if resets {
                    changes.extend(field_change(
                        &record.ticket,
                        Field::CommunicationStatus,
                        CommunicationStatus::Pending.as_str(),
                    ));
                }
            }
            Edit::File(field, bytes) => {
                if let Some(change) = file_change(record, field, &bytes) {
                    changes.push(change);
                    files.push((field, bytes));
                }
            }
            Edit::Status(new) if new != record.ticket.status => {
                changes.push(ChangeKind::Status { old: record.ticket.status, new });
            }
            Edit::Owner(new) if new != record.ticket.owner => {
                changes.push(ChangeKind::Owner { old: record.ticket.owner.clone(), new });
            }
            Edit::Status(_) | Edit::Owner(_) => {}
        }
    }
    let told = notification(&record.ticket, &changes);
    changes.extend(told);
    Draft { changes, files }
}

/// Brings `ticket` to the state after `change`.
pub(super) fn apply(ticket: &mut Ticket, change: &ChangeKind) {
    match change {
        ChangeKind::Field { field, new, .. } => {
            // The field of a file holds its name; the history tells one content from another.
            let value = file_name(*field).map(str::to_owned).or_else(|| new.clone());
            match value {
                Some(value) => ticket.fields.insert(*field, value),
                None => ticket.fields.remove(field),
            };
        }
        ChangeKind::Status { new, .. } => ticket.status = *new,
        ChangeKind::Owner { new, .. } => ticket.owner.clone_from(new),
        ChangeKind::Watchers { groups } => ticket.watchers.clone_from(groups),
        ChangeKind::EarlyAdopters { contacts } => ticket.early_adopters.clone_from(contacts),
        ChangeKind::Created | ChangeKind::Comment { .. } | ChangeKind::Notified { .. } => {}
    }
}

fn field_change(ticket: &Ticket, field: Field, value: &str) -> Option<ChangeKind> {
    let old = ticket.value(field).map(str::to_owned);
    let new = Some(value.to_owned()).filter(|v| !v.is_empty());
    (old != new).then_some(ChangeKind::Field { field, old, new })
}

fn file_change(record: &TicketRecord, field: Field, bytes: &[u8]) -> Option<ChangeKind> {
    let describe = |digest: Sha256| format!("{} (sha256 {digest})", file_name(field).unwrap_or_default());
    let old: Option<&StoredFile> = record.files.get(&field);
    let digest = Sha256::of(bytes);
    (old.map(|file| file.sha256) != Some(digest)).then(|| ChangeKind::Field {
        field,
        old: old.map(|file| describe(file.sha256)),
        new: Some(describe(digest)),
    })
}

/// The groups are told when the repository has answered: those that watch the ticket, and the administrators always.
fn notification(ticket: &Ticket, changes: &[ChangeKind]) -> Option<ChangeKind> {
    let answer = changes.iter().find_map(|change| {
        let ChangeKind::Field { field: Field::CommunicationStatus, new: Some(new), .. } = change else { return None };
        (new != CommunicationStatus::Pending.as_str()).then_some(new)
    })?;
    let mut after = ticket.clone();
    for change in changes {
        apply(&mut after, change);
    }
    let state = after.value(Field::RolloutProgress).unwrap_or_default();
    let subject = format!("[sw-rel #{}] {}: {state}, {answer}", after.id, after.subject);
    let groups = Group::told(&after.watchers);
    Some(ChangeKind::Notified { groups, subject })
}

fn file_name(field: Field) -> Option<&'static str> {
    match field.spec().kind {
        FieldKind::File(name) => Some(name),
        FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) | FieldKind::State => None,
    }
}
