//! The desk's rules: what a ticket needs on creation, and who may change what to which value. Pure.
//!
//! What a field takes comes from [`FIELDS`]; here is only what the specification says beside its table.

use std::collections::BTreeSet;

use egi_model::checksums;
use egi_model::field::{FIELDS, Field, FieldKind, FieldSpec, NullRule};
use egi_model::release_xml;
use egi_model::role::{Actor, Role};
use egi_model::rollout::RolloutState;
use egi_model::ticket::{ChangeKind, Ticket, TicketId, TicketStatus};

use super::{Edit, NewTicket};
use crate::error::TicketError;

/// The states in which a write-once file may still be replaced: before it was read, and after a failure, when it is
/// mended and read anew.
pub const MENDABLE: [RolloutState; 2] = [RolloutState::Submitted, RolloutState::Failed];

/// Statuses that "do not apply" to releases (specification, section "Status").
const UNUSED: [TicketStatus; 2] = [TicketStatus::Stalled, TicketStatus::Deleted];

/// The largest file that `field` takes, in bytes: what its reader takes.
#[must_use]
pub fn file_limit(field: Field) -> u64 {
    let limit = if field == Field::Checksums { checksums::MAX_BYTES } else { release_xml::MAX_BYTES };
    limit as u64
}

/// Whether the release of `ticket` is still on its way.
pub(super) fn is_open(ticket: &Ticket) -> bool {
    let over = [TicketStatus::Resolved, TicketStatus::Rejected, TicketStatus::Deleted].contains(&ticket.status);
    !over && ticket.progress().is_ok_and(|progress| !progress.is_terminal())
}

/// Everything wrong with what was asked, in the order it was found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    reasons: Vec<String>,
    /// Whether something other than a right is at fault.
    beyond_rights: bool,
}

impl Faults {
    fn wrong(&mut self, reason: String) {
        self.beyond_rights = true;
        self.reasons.push(reason);
    }

    fn not_allowed(&mut self, what: &str, writers: &[Role], by: &Actor) {
        let list = |roles: &[Role]| roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", ");
        let held = if by.roles.is_empty() { "no role".to_owned() } else { list(&by.roles) };
        self.reasons.push(format!("{what} is written by {}; {} has {held}", list(writers), by.name));
    }

    /// Another open ticket has the same release.xml.
    pub(super) fn twin(&mut self, other: TicketId) {
        self.wrong(format!("ticket {other} is open with the same release.xml; go on there"));
    }

    /// Nothing, or the error that tells of every fault.
    pub(super) fn into_result(self, ticket: Option<TicketId>) -> Result<(), TicketError> {
        let reasons = self.reasons;
        match (reasons.is_empty(), self.beyond_rights) {
            (true, _) => Ok(()),
            (false, true) => Err(TicketError::Refused { ticket, reasons }),
            (false, false) => Err(TicketError::Forbidden { ticket, reasons }),
        }
    }
}

/// What is wrong with a new ticket.
pub(super) fn check_new(new: &NewTicket) -> Faults {
    let mut faults = Faults::default();
    line(&mut faults, "the title", &new.subject);
    for requestor in &new.requestors {
        line(&mut faults, "a requestor", requestor);
    }
    let given = new.fields.iter().map(|(field, _)| field).chain(new.files.iter().map(|(field, _)| field));
    repeated(&mut faults, &given.map(|field| field.rt_name()).collect::<Vec<_>>());
    for (field, value) in new.fields.iter().filter(|(_, value)| !value.trim().is_empty()) {
        first_value(&mut faults, *field, value, &new.by);
    }
    for (field, bytes) in &new.files {
        right(&mut faults, field.spec(), &new.by);
        file(&mut faults, *field, bytes);
    }
    for spec in FIELDS.iter().filter(|spec| spec.null == NullRule::Never && spec.default.is_none()) {
        let filled = match spec.kind {
            FieldKind::File(_) => new.files.iter().any(|(f, _)| *f == spec.field),
            FieldKind::Text | FieldKind::Url | FieldKind::Choice(_) | FieldKind::State => {
                new.fields.iter().any(|(f, value)| *f == spec.field && !value.trim().is_empty())
            }
        };
        if !filled {
            faults.wrong(format!("{} is missing; {}", spec.rt_name, what_it_takes(spec)));
        }
    }
    faults
}

/// Checks `edits` against `ticket` and gives them in their canonical spelling, without those at fault.
pub(super) fn check_edits(ticket: &Ticket, edits: &[Edit], by: &Actor) -> (Vec<Edit>, Faults) {
    let mut faults = Faults::default();
    repeated(&mut faults, &edits.iter().map(Edit::name).collect::<Vec<_>>());
    let sound = edits.iter().filter_map(|edit| check_edit(&mut faults, ticket, edit, by)).collect();
    (sound, faults)
}

/// The comment as a change, if it says anything.
pub(super) fn check_comment(id: TicketId, text: &str, marker: Option<&str>) -> Result<ChangeKind, TicketError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TicketError::Refused { ticket: Some(id), reasons: vec!["the comment is empty".to_owned()] });
    }
    Ok(ChangeKind::Comment { marker: marker.map(str::to_owned), text: text.to_owned() })
}

impl Edit {
    /// What it changes, as people call it.
    fn name(&self) -> &'static str {
        match self {
            Self::Field(field, _) | Self::File(field, _) => field.rt_name(),
            Self::Status(_) => "Status",
            Self::Owner(_) => "Owner",
        }
    }
}

fn check_edit(faults: &mut Faults, ticket: &Ticket, edit: &Edit, by: &Actor) -> Option<Edit> {
    match edit {
        Edit::Field(field, value) => {
            let allowed = right(faults, field.spec(), by) && fresh(faults, ticket, field.spec());
            let value = if value.trim().is_empty() {
                emptied(faults, ticket, field.spec())
            } else {
                checked(faults, *field, value)
            };
            value.filter(|_| allowed).map(|value| Edit::Field(*field, value))
        }
        Edit::File(field, bytes) => {
            let allowed = right(faults, field.spec(), by) && fresh(faults, ticket, field.spec());
            let sound = file(faults, *field, bytes);
            (allowed && sound).then(|| edit.clone())
        }
        // Who sets the status are those who move the release: "Verification teams" in the specification's table.
        Edit::Status(_) if !by.holds_any(Field::RolloutProgress.spec().write) => {
            faults.not_allowed(edit.name(), Field::RolloutProgress.spec().write, by);
            None
        }
        Edit::Status(status) if UNUSED.contains(status) => {
            faults
                .wrong(format!("Status \"{status}\" does not apply to releases; use new, open, resolved or rejected"));
            None
        }
        Edit::Status(_) => Some(edit.clone()),
        // "All" may set the owner in the specification's table.
        Edit::Owner(Some(name)) => line(faults, edit.name(), name).then(|| Edit::Owner(Some(name.trim().to_owned()))),
        Edit::Owner(None) => Some(Edit::Owner(None)),
    }
}

/// A field's value on creation. A release starts as `Submitted`, whoever creates its ticket.
fn first_value(faults: &mut Faults, field: Field, value: &str, by: &Actor) {
    let value = checked(faults, field, value);
    if field != Field::RolloutProgress {
        right(faults, field.spec(), by);
    } else if value.as_deref().is_some_and(|value| field.spec().default != Some(value)) {
        faults.wrong(format!("{field} starts as {}; leave it out", field.spec().default.unwrap_or_default()));
    }
}

fn checked(faults: &mut Faults, field: Field, value: &str) -> Option<String> {
    if field.is_file() {
        faults.wrong(format!("{field} is no text; {}", what_it_takes(field.spec())));
        return None;
    }
    match field.spec().check(value) {
        Ok(value) => Some(value),
        Err(error) => {
            faults.wrong(error.to_string());
            None
        }
    }
}

fn emptied(faults: &mut Faults, ticket: &Ticket, spec: &FieldSpec) -> Option<String> {
    let reason = match spec.null {
        NullRule::Allowed => return Some(String::new()),
        // What a phase fills is its own to empty; after it, others rely on the value.
        NullRule::FilledBefore { from, .. } if ticket.progress().is_ok_and(|p| from.contains(&p)) => {
            return Some(String::new());
        }
        NullRule::FilledBefore { .. } => "can be emptied only in the phase that fills it",
        NullRule::Never => "can not be emptied",
    };
    faults.wrong(format!("{} {reason}; {}", spec.rt_name, what_it_takes(spec)));
    None
}

/// Whether a field that is written once may be written now.
fn fresh(faults: &mut Faults, ticket: &Ticket, spec: &FieldSpec) -> bool {
    let allowed = !spec.write_once || ticket.progress().is_ok_and(|p| MENDABLE.contains(&p));
    if !allowed {
        let progress = ticket.value(Field::RolloutProgress).unwrap_or_default();
        let states = MENDABLE.map(RolloutState::as_str).join(" or ");
        faults.wrong(format!("{} can be replaced while the release is {states}; it is {progress}", spec.rt_name));
    }
    allowed
}

fn file(faults: &mut Faults, field: Field, bytes: &[u8]) -> bool {
    let (size, limit) = (bytes.len() as u64, file_limit(field));
    let reason = if !field.is_file() {
        "takes no file".to_owned()
    } else if size == 0 {
        "has no bytes; attach the file again".to_owned()
    } else if size > limit {
        format!("has {size} bytes; at most {limit} are taken")
    } else {
        return true;
    };
    faults.wrong(format!("{field} {reason}"));
    false
}

fn right(faults: &mut Faults, spec: &FieldSpec, by: &Actor) -> bool {
    let allowed = by.holds_any(spec.write);
    if !allowed {
        faults.not_allowed(spec.rt_name, spec.write, by);
    }
    allowed
}

fn line(faults: &mut Faults, what: &str, text: &str) -> bool {
    let sound = !text.trim().is_empty() && !text.contains(char::is_control);
    if !sound {
        faults.wrong(format!("{what} can not be \"{}\"; one line of text is expected", text.escape_debug()));
    }
    sound
}

fn repeated(faults: &mut Faults, names: &[&str]) {
    let mut seen = BTreeSet::new();
    for name in names.iter().filter(|name| !seen.insert(**name)) {
        faults.wrong(format!("{name} is given twice; give it once"));
    }
}

fn what_it_takes(spec: &FieldSpec) -> String {
    match spec.kind {
        FieldKind::Text => "give one line of text".to_owned(),
        FieldKind::Url => "give a link such as https://host/path".to_owned(),
        FieldKind::Choice(values) => format!("give one of {}", values.join(", ")),
        FieldKind::State => "give a rollout state".to_owned(),
        FieldKind::File(name) => format!("attach the file {name}"),
    }
}
