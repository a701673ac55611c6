//! A ticket with its history as text for a person at a terminal. Texts that people wrote are shown without their
//! control characters: a comment must not drive the reader's terminal.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use egi_model::field::FIELDS;
use egi_model::role::Group;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange};

/// Stands for a value that is not there.
const NONE: &str = "-";
/// Stands for a person or group that is not there; RT's word.
const NOBODY: &str = "nobody";

/// Renders `ticket` with its `history`, oldest change first.
#[must_use]
pub fn render_ticket(ticket: &Ticket, history: &[TicketChange]) -> String {
    let mut out = format!("Ticket {}: {}\n\n", ticket.id, plain(&ticket.subject));
    row(&mut out, "Status", ticket.status.as_str());
    row(&mut out, "Owner", ticket.owner.as_deref().unwrap_or(NOBODY));
    row(&mut out, "Requestors", &ticket.requestors.join(", "));
    row(&mut out, "Watchers", &names(&ticket.watchers));
    if !ticket.early_adopters.is_empty() {
        let contacts: Vec<&str> = ticket.early_adopters.iter().map(String::as_str).collect();
        row(&mut out, "Early adopters", &contacts.join(", "));
    }
    row(&mut out, "Created", &moment(ticket.created));
    out.push_str("\nFields\n");
    for spec in &FIELDS {
        row(&mut out, spec.rt_name, ticket.value(spec.field).unwrap_or(NONE));
    }
    out.push_str("\nHistory\n");
    for change in history {
        entry(&mut out, change);
    }
    out
}

// Writing to a `String` can not fail, so the results of `writeln!` are dropped.
fn row(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "  {name:<24}{}", plain(value));
}

fn entry(out: &mut String, change: &TicketChange) {
    let (at, by) = (moment(change.at), plain(&change.by.name));
    let _ = writeln!(out, "  #{:<4} {at}  {by}: {}", change.id, plain(&headline(&change.what)));
    if let ChangeKind::Comment { text, .. } = &change.what {
        for line in text.lines() {
            let _ = writeln!(out, "        | {}", plain(line));
        }
    }
}

fn headline(what: &ChangeKind) -> String {
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.to_owned());
    let or_nobody = |value: &Option<String>| value.clone().unwrap_or_else(|| NOBODY.to_owned());
    match what {
        ChangeKind::Created => "created the ticket".to_owned(),
        ChangeKind::Field { field, old, new } => format!("{field}: {} -> {}", or_none(old), or_none(new)),
        ChangeKind::Status { old, new } => format!("Status: {old} -> {new}"),
        ChangeKind::Owner { old, new } => format!("Owner: {} -> {}", or_nobody(old), or_nobody(new)),
        ChangeKind::Comment { .. } => "commented".to_owned(),
        ChangeKind::Watchers { groups } => format!("Watchers: {}", names(groups)),
        ChangeKind::EarlyAdopters { contacts } if contacts.is_empty() => format!("Early adopters: {NOBODY}"),
        ChangeKind::EarlyAdopters { contacts } => {
            format!("Early adopters: {}", contacts.iter().cloned().collect::<Vec<_>>().join(", "))
        }
        ChangeKind::Notified { groups, subject } => format!("told {}: {subject}", names(groups)),
    }
}

fn names(groups: &BTreeSet<Group>) -> String {
    if groups.is_empty() {
        return NOBODY.to_owned();
    }
    groups.iter().map(|g| g.as_str()).collect::<Vec<_>>().join(", ")
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
