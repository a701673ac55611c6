//! Answers of REST 1.0, read without an RT: for the fuzz target alone.

use egi_model::role::Actor;
use egi_model::ticket::TicketId;

use super::answer::{Answer, after_status};
use super::reading::{self, FieldNumbers};

/// Reads the bytes as tickets, as changes, as lists of attachments, and as the bytes of a file.
pub fn read_rest1(bytes: &[u8]) {
    let _ = after_status(bytes);
    let Some(answer) = Answer::parse(bytes) else { return };
    let mut numbers = FieldNumbers::new();
    let actor = |name: &str| Actor { name: name.to_owned(), roles: Vec::new() };
    for record in &answer.records {
        let _ = reading::ticket(TicketId::new(1), record, "sw-rel");
        let _ = reading::ticket(None, record, "sw-rel");
        let _ = reading::change(record, &mut numbers, actor, "nsrw");
        let _ = reading::attachments(record);
        let _ = record.custom_fields().count();
    }
}
