//! The messages to the groups, as text files that the site's own mail picks up. Sending is not the desk's business.

use egi_model::field::Field;
use egi_model::role::Group;
use egi_model::ticket::{ChangeKind, Ticket, TicketChange};

/// A message to one group.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Its file's name.
    pub(super) file_name: String,
    /// What it says.
    pub(super) text: String,
}

/// The messages that `changes` announce, about `ticket` as it is after them. The first change has the `place` in the
/// ticket's history.
pub(super) fn messages(ticket: &Ticket, changes: &[TicketChange], place: usize) -> Vec<Message> {
    let mut messages = Vec::new();
    for (place, change) in (place..).zip(changes) {
        if let ChangeKind::Notified { groups, subject } = &change.what {
            messages.extend(groups.iter().map(|group| Message {
                file_name: format!("{}.{place}-{group}.txt", ticket.id),
                text: text(ticket, change, *group, subject),
            }));
        }
    }
    messages
}

fn text(ticket: &Ticket, change: &TicketChange, group: Group, subject: &str) -> String {
    let to = if group == Group::Requestors { ticket.requestors.join(", ") } else { group.to_string() };
    let date = change.at.to_rfc2822();
    let value = |field: Field| format!("{field}: {}\n", ticket.value(field).unwrap_or("-"));
    let values = [Field::RolloutProgress, Field::CommunicationStatus, Field::RepositoryUrl].map(value).concat();
    let (id, title) = (ticket.id, &ticket.subject);
    format!("To: {to}\nSubject: {subject}\nDate: {date}\n\nTicket: {id}\nTitle: {title}\n{values}")
}
