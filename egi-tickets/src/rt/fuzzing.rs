//! RT's answers, read without an RT: for the fuzz targets alone, and built for nobody else.

use std::collections::BTreeSet;

pub use super::rest1::fuzzing::read_rest1;

use egi_model::field::FIELDS;
use egi_model::role::Actor;
use egi_model::ticket::TicketId;

use super::reading::{self, Names};
use super::wire::{AttachmentBody, GroupBody, Page, QueueBody, Reference, TicketBody, TransactionBody, UserBody};

/// Reads the bytes as each document of REST 2.0, and makes of it what is made of RT's.
pub fn read_rest2(bytes: &[u8]) {
    let fields = FIELDS.iter().enumerate().map(|(number, spec)| (number.to_string(), spec.field));
    let names = Names { queue: "3".to_owned(), fields: fields.collect() };
    if let Ok(body) = serde_json::from_slice::<TicketBody>(bytes) {
        if let Some(id) = TicketId::new(body.id) {
            let _ = reading::ticket(id, &body, &names, BTreeSet::new());
        }
        let _ = FIELDS.iter().filter_map(|spec| reading::file_number(&body, spec.field)).count();
    }
    if let Ok(page) = serde_json::from_slice::<Page<TransactionBody>>(bytes) {
        for body in &page.items {
            let by = || Actor { name: body.creator.id.clone(), roles: Vec::new() };
            let _ = reading::change(body, &names, by());
            let _ = reading::progress_change(body, by());
            let subject = body.old_value.as_deref().unwrap_or_default();
            let _ = reading::comment(body, by(), true, subject, body.new_value.as_deref().unwrap_or_default());
        }
    }
    if let Ok(queue) = serde_json::from_slice::<QueueBody>(bytes) {
        let _ = Names::of(&queue).missing();
    }
    if let Ok(page) = serde_json::from_slice::<Page<AttachmentBody>>(bytes) {
        let _ = page.items.iter().filter(|item| item.is_text() && item.size() > 0).count();
    }
    let _ = serde_json::from_slice::<Page<Reference>>(bytes);
    let _ = serde_json::from_slice::<GroupBody>(bytes);
    let _ = serde_json::from_slice::<UserBody>(bytes);
}
