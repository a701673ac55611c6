//! From the records of REST 1.0 to a ticket and to the changes of its history. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDateTime, Utc};
use egi_model::field::{FIELDS, Field};
use egi_model::role::Actor;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange, TicketId, TicketStatus};

use super::answer::Record;
use crate::error::{Gone, TicketError};

/// The times of a ticket, in the time zone of the account, which has to be UTC; and those of a transaction.
const TICKET_TIME: &str = "%a %b %d %H:%M:%S %Y";
const TRANSACTION_TIME: &str = "%Y-%m-%d %H:%M:%S";
const NOBODY: &str = "Nobody";

/// The field names of RT's numbers, as far as they were heard of.
pub(super) type FieldNumbers = BTreeMap<String, Field>;

/// The ticket in a record, if it is the one that was asked for, and one of this queue.
pub(super) fn ticket(asked: Option<TicketId>, record: &Record, queue: &str) -> Result<Ticket, TicketError> {
    let told = record.get("id").and_then(|id| id.strip_prefix("ticket/")?.parse::<TicketId>().ok());
    let Some(id) = told.or(asked) else {
        return Err(TicketError::Setup { reasons: vec!["RT told of a ticket without a number".to_owned()] });
    };
    let gone = |why| Err(TicketError::Gone { ticket: asked.unwrap_or(id), why });
    match (asked, record.get("Queue").unwrap_or_default()) {
        (Some(asked), _) if asked != id => return gone(Gone::MergedInto(id)),
        (_, other) if !other.eq_ignore_ascii_case(queue) => return gone(Gone::OtherQueue(other.to_owned())),
        _ => {}
    }
    let (status, created) = (record.get("Status").unwrap_or_default(), record.get("Created").unwrap_or_default());
    let mut reasons = Vec::new();
    let status = status.parse::<TicketStatus>().map_err(|e| reasons.push(format!("Status: {e}"))).ok();
    if status == Some(TicketStatus::Deleted) {
        return gone(Gone::Deleted);
    }
    let created_at = time(created, TICKET_TIME);
    if created_at.is_none() {
        reasons.push(format!("Created: \"{created}\" is no time as RT writes them in English"));
    }
    let fields = fields(record);
    if let Some(Err(unknown)) = fields.get(&Field::RolloutProgress).map(|text| text.parse::<RolloutState>()) {
        reasons.push(format!("{}: {unknown}", Field::RolloutProgress));
    }
    match (status, created_at) {
        (Some(status), Some(created)) if reasons.is_empty() => Ok(Ticket {
            id,
            subject: record.get("Subject").unwrap_or_default().to_owned(),
            status,
            owner: record.get("Owner").filter(|owner| *owner != NOBODY).map(str::to_owned),
            requestors: record
                .get("Requestors")
                .map(|all| all.split(", ").map(str::to_owned).collect())
                .unwrap_or_default(),
            watchers: BTreeSet::new(),
            early_adopters: BTreeSet::new(),
            created,
            fields,
        }),
        _ => Err(TicketError::Malformed { ticket: id, reasons }),
    }
}

fn fields(record: &Record) -> BTreeMap<Field, String> {
    let value = |field: Field| record.get(&format!("CF.{{{field}}}")).map(|value| (field, value.to_owned()));
    FIELDS.iter().filter_map(|spec| value(spec.field)).collect()
}

/// The change a transaction made, if it is one that is told of. RT names the field by its number alone; which one that is
/// tells the description, which begins with its name.
pub(super) fn change(
    record: &Record,
    numbers: &mut FieldNumbers,
    actor: impl Fn(&str) -> Actor,
    own: &str,
) -> Option<TicketChange> {
    let (id, ticket) = (record.get("id")?.parse().ok()?, record.get("Ticket")?.parse().ok()?);
    let by = actor(record.get("Creator")?);
    let text = |name: &str| record.get(name).map(str::to_owned);
    let what = match record.get("Type")? {
        "Create" => ChangeKind::Created,
        "Status" => ChangeKind::Status { old: text("OldValue")?.parse().ok()?, new: text("NewValue")?.parse().ok()? },
        "CustomField" => {
            ChangeKind::Field { field: learn(record, numbers)?, old: text("OldValue"), new: text("NewValue") }
        }
        "Comment" | "Correspond" => comment(record.get("Content").unwrap_or_default(), by.name == own),
        _ => return None,
    };
    Some(TicketChange { id, ticket, at: time(record.get("Created")?, TRANSACTION_TIME)?, by, what })
}

fn learn(record: &Record, numbers: &mut FieldNumbers) -> Option<Field> {
    let number = record.get("Field")?;
    if let Some(known) = numbers.get(number) {
        return Some(*known);
    }
    let description = record.get("Description")?;
    let named = |field: Field| description.strip_prefix(field.rt_name()).is_some_and(|rest| rest.starts_with(' '));
    let field = FIELDS.iter().map(|spec| spec.field).find(|field| named(*field))?;
    numbers.insert(number.to_owned(), field);
    Some(field)
}

/// A comment with its marker in the last line.
pub(super) fn marked(marker: &str, text: &str) -> String {
    format!("{}\n\n[{marker}]", text.trim_end())
}

/// A marker is believed of the repository's own account alone.
fn comment(content: &str, own: bool) -> ChangeKind {
    let (text, last) = content.trim_end().rsplit_once('\n').unwrap_or(("", content));
    let marker = last.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|_| own);
    match marker {
        Some(marker) => ChangeKind::Comment { marker: Some(marker.to_owned()), text: text.trim_end().to_owned() },
        None => ChangeKind::Comment { marker: None, text: content.trim_end().to_owned() },
    }
}

fn time(text: &str, format: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, format).ok().map(|time| time.and_utc())
}

/// The attachments of a list: number, name and type.
pub(super) fn attachments(record: &Record) -> Vec<(u64, String, String)> {
    let read = |line: &str| {
        let (number, rest) = line.trim().trim_end_matches(',').split_once(": ")?;
        let (name, kind) = rest.rsplit_once(" (")?;
        Some((number.parse().ok()?, name.to_owned(), kind.split(" / ").next()?.to_owned()))
    };
    record.get("Attachments").unwrap_or_default().lines().filter_map(read).collect()
}
