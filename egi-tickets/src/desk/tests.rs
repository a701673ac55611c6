#![expect(clippy::wildcard_enum_match_arm, reason = "a test names the variant it wants")]

//! The desk in a real folder: what people do to it, what the workflow does to it, and what a crash leaves of it.

mod durable;
mod people;
mod workflow;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use egi_model::field::Field;
use egi_model::role::{Actor, Role};
use egi_model::ticket::{ChangeKind, TicketChange, TicketId};
use tempfile::TempDir;

use super::{Desk, DeskSystem, Edit, NewTicket};
use crate::error::TicketError;

const METADATA: &[u8] = b"<Release>\r\n\xe9\x00</Release>";

/// Noon of 2026-11-02 and so many minutes.
fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-02T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn actor(name: &str, role: Role) -> Actor {
    Actor { name: name.to_owned(), roles: vec![role] }
}

fn provider() -> Actor {
    actor("mirco", Role::Provider)
}

fn verifier() -> Actor {
    actor("carlos", Role::Verifier)
}

fn admin() -> Actor {
    actor("kostas", Role::Admin)
}

fn repository() -> Actor {
    actor("nsrw", Role::Repository)
}

fn id(number: u64) -> TicketId {
    TicketId::new(number).unwrap()
}

fn desk() -> (TempDir, Desk) {
    let folder = TempDir::new().unwrap();
    let desk = Desk::open(folder.path()).unwrap();
    (folder, desk)
}

fn system(desk: &Desk) -> DeskSystem {
    DeskSystem::new(desk.clone(), repository(), Arc::new(|| at(30)))
}

/// A ticket without fault, whose release.xml is `metadata`.
fn delivery(metadata: &[u8]) -> NewTicket {
    NewTicket {
        subject: "ca-policy-egi-core-1.37-1".to_owned(),
        requestors: vec!["ca@example.org".to_owned()],
        by: provider(),
        fields: vec![
            (Field::SyncUrl, "rsync://sp.example.org/ca/1.37-1".to_owned()),
            (Field::AssociatedMajorRelease, "ca-1.0".to_owned()),
        ],
        files: vec![(Field::ReleaseMetadata, metadata.to_vec()), (Field::Checksums, b"<sums/>".to_vec())],
    }
}

/// A desk with ticket 1.
fn desk_with_ticket() -> (TempDir, Desk) {
    let (folder, desk) = desk();
    assert_eq!(desk.create(delivery(METADATA), at(0)).unwrap().id, id(1));
    (folder, desk)
}

fn field(field: Field, value: &str) -> Edit {
    Edit::Field(field, value.to_owned())
}

fn progress(value: &str) -> Edit {
    field(Field::RolloutProgress, value)
}

/// `Field: old -> new` of each change of a field.
fn moves(changes: &[TicketChange]) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let line = |change: &TicketChange| match &change.what {
        ChangeKind::Field { field, old, new } => Some(format!("{field}: {} -> {}", text(old), text(new))),
        _ => None,
    };
    changes.iter().filter_map(line).collect()
}

fn reasons(error: TicketError) -> Vec<String> {
    match error {
        TicketError::Refused { reasons, .. } | TicketError::Forbidden { reasons, .. } => reasons,
        other => panic!("no refusal: {other}"),
    }
}
