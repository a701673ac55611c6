//! From RT's documents to a ticket and to the changes of its history. Pure.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::field::{FIELDS, Field};
use egi_model::role::{Actor, Group};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};

use super::wire::{FieldBody, FieldValue, QueueBody, TicketBody, TransactionBody};
use crate::error::{Gone, TicketError};

/// RT's word for an owner who is not there.
const NOBODY: &str = "Nobody";
/// What every marker of ours begins with.
pub const MARKER_START: &str = "nsrw ";
/// What follows the marker in the subject of a comment of ours.
pub const MARKER_END: &str = ": ";

/// What the numbers in RT's documents stand for.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The number of the queue.
    pub(super) queue: String,
    /// The fields by the numbers of RT's custom fields.
    pub(super) fields: BTreeMap<String, Field>,
}

impl Names {
    pub(super) fn of(queue: &QueueBody) -> Self {
        let named = queue.ticket_custom_fields.iter().filter_map(|cf| Some((cf.id.clone(), field_of(&cf.name)?)));
        Self { queue: queue.id.clone(), fields: named.collect() }
    }

    /// The names of fields that RT does not have.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let there: BTreeSet<Field> = self.fields.values().copied().collect();
        FIELDS.iter().filter(|spec| !there.contains(&spec.field)).map(|spec| spec.rt_name).collect()
    }
}

/// The field of exactly this name.
fn field_of(name: &str) -> Option<Field> {
    FIELDS.iter().find(|spec| spec.rt_name == name).map(|spec| spec.field)
}

/// The ticket that was asked for, if it is one of ours and can be understood. `watchers` are the names of the groups in its
/// Cc.
pub(super) fn ticket(
    asked: TicketId,
    body: &TicketBody,
    names: &Names,
    watchers: BTreeSet<Group>,
) -> Result<Ticket, TicketError> {
    let gone = |why| TicketError::Gone { ticket: asked, why };
    let id = TicketId::new(body.id).unwrap_or(asked);
    if id != asked {
        return Err(gone(Gone::MergedInto(id)));
    }
    if body.queue.id != names.queue {
        return Err(gone(Gone::OtherQueue(body.queue.id.clone())));
    }
    let mut faults = Vec::new();
    let status: Option<TicketStatus> = note(&mut faults, body.status.parse().map_err(|e| format!("Status: {e}")));
    if status == Some(TicketStatus::Deleted) {
        return Err(gone(Gone::Deleted));
    }
    let fields = values(&body.custom_fields, &mut faults);
    check_progress(&body.custom_fields, &fields, &mut faults);
    match status {
        Some(status) if faults.is_empty() => Ok(Ticket {
            id,
            subject: body.subject.clone(),
            status,
            owner: body.owner.as_ref().map(|owner| owner.id.clone()).filter(|owner| owner != NOBODY),
            requestors: body.requestor.iter().map(|requestor| requestor.id.clone()).collect(),
            watchers,
            early_adopters: body.cc.iter().filter(|cc| cc.kind != "group").map(|cc| cc.id.clone()).collect(),
            created: body.created,
            fields,
        }),
        _ => Err(TicketError::Malformed { ticket: asked, reasons: faults }),
    }
}

fn note<T>(faults: &mut Vec<String>, result: Result<T, String>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

fn values(bodies: &[FieldBody], faults: &mut Vec<String>) -> BTreeMap<Field, String> {
    let mut values = BTreeMap::new();
    for body in bodies {
        let Some(field) = field_of(&body.name) else { continue };
        match body.values.as_slice() {
            [] | [FieldValue::Empty] => {}
            [FieldValue::Text(text)] => drop(values.insert(field, text.clone())),
            [FieldValue::File { filename, .. }] => drop(values.insert(field, filename.clone().unwrap_or_default())),
            several => {
                let texts: Vec<String> = several.iter().map(shown).collect();
                faults.push(format!(
                    "{field} has {} values ({}) and takes one; leave one of them, and let the field take one value only",
                    several.len(),
                    texts.join(", ")
                ));
            }
        }
    }
    values
}

fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::File { filename, .. } => filename.clone().unwrap_or_else(|| "a file".to_owned()),
        FieldValue::Empty => "none".to_owned(),
    }
}

/// A ticket without the field would look as if it were `Submitted`; one with a value nobody knows stands nowhere.
fn check_progress(bodies: &[FieldBody], values: &BTreeMap<Field, String>, faults: &mut Vec<String>) {
    let name = Field::RolloutProgress.rt_name();
    if !bodies.iter().any(|body| body.name == name) {
        faults.push(format!("RT shows no field {name}; add it to the queue and let the repository's account see it"));
    }
    if let Some(Err(unknown)) = values.get(&Field::RolloutProgress).map(|text| text.parse::<RolloutState>()) {
        faults.push(format!("{name}: {unknown}"));
    }
}

/// The number of the file in `field`, if there is one. The address it stands at the end of is not followed.
pub(super) fn file_number(body: &TicketBody, field: Field) -> Option<u64> {
    let values = &body.custom_fields.iter().find(|cf| cf.name == field.rt_name())?.values;
    let [FieldValue::File { url, .. }] = values.as_slice() else { return None };
    url.rsplit('/').next()?.parse().ok()
}

/// The change a transaction made, if it is one that is told of. Comments are told by their own texts: see [`comment`].
pub(super) fn change(body: &TransactionBody, names: &Names, by: Actor) -> Option<TicketChange> {
    let status = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    let what = match body.kind.as_str() {
        "Create" => ChangeKind::Created,
        "Status" => ChangeKind::Status { old: status(&body.old_value)?, new: status(&body.new_value)? },
        "CustomField" => ChangeKind::Field {
            field: *names.fields.get(body.field.as_deref()?)?,
            old: body.old_value.clone(),
            new: body.new_value.clone(),
        },
        _ => return None,
    };
    told(body, by, what)
}

/// A change of `RolloutProgress`, from a list of such changes alone.
pub(super) fn progress_change(body: &TransactionBody, by: Actor) -> Option<TicketChange> {
    let field = Field::RolloutProgress;
    told(body, by, ChangeKind::Field { field, old: body.old_value.clone(), new: body.new_value.clone() })
}

/// Whether a transaction is a comment or an answer by mail.
pub(super) fn is_comment(body: &TransactionBody) -> bool {
    matches!(body.kind.as_str(), "Comment" | "Correspond")
}

/// A comment with its text. A marker is believed of the repository's own account alone.
pub(super) fn comment(body: &TransactionBody, by: Actor, own: bool, subject: &str, text: &str) -> Option<TicketChange> {
    let marker = subject.split_once(MARKER_END).map(|(marker, _)| marker);
    let marker = marker.filter(|marker| own && marker.starts_with(MARKER_START)).map(str::to_owned);
    told(body, by, ChangeKind::Comment { marker, text: text.trim_end().to_owned() })
}

/// The subject of a comment of ours: the marker comes first, as RT cuts long subjects.
pub(super) fn comment_subject(marker: &str, ticket: &str) -> String {
    format!("{}{ticket}", marker_prefix(marker))
}

/// What the subject of the comment with this marker begins with; no other marker's does.
pub(super) fn marker_prefix(marker: &str) -> String {
    format!("{marker}{MARKER_END}")
}

fn told(body: &TransactionBody, by: Actor, what: ChangeKind) -> Option<TicketChange> {
    Some(TicketChange { id: body.id, ticket: TicketId::new(body.object_id)?, at: body.created, by, what })
}

/// A text between the quotes of RT's query language.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
