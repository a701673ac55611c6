//! Changes of a ticket: each looks first, writes only what is not so, and reads back what it wrote.
//!
//! A change names the version of the ticket it was decided on, so it can not fall on another one; and one whose answer
//! was lost is looked at again before it is sent again.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{CommunicationStatus, Ticket, TicketId, TicketStatus};
use serde_json::{Value, json};
use tracing::{debug, warn};
use ureq::http::StatusCode;

use super::client::{Client, Seen};
use super::pause::Pause;
use super::reading::comment_subject;
use crate::error::TicketError;
use crate::system::Written;

/// How often a ticket that others change at the same time is read anew.
const TRIES: u32 = 6;

/// What a ticket shall say.
#[derive(Debug, Clone, Copy)]
enum Wanted<'a> {
    /// A field has this value, or none.
    Field(Field, Option<&'a str>),
    /// The release stands here.
    Progress(RolloutState),
    /// The ticket has this status.
    Status(TicketStatus),
}

/// Where a ticket has to stand to be changed.
#[derive(Debug, Clone, Copy)]
enum Guard {
    Anywhere,
    /// There, at the time of the change.
    While(RolloutState),
    /// There, unless what is wanted is so already.
    From(RolloutState),
}

impl Wanted<'_> {
    fn is_so(self, ticket: &Ticket) -> bool {
        match self {
            Self::Field(field, value) => ticket.value(field) == value,
            Self::Progress(state) => ticket.progress() == Ok(state),
            Self::Status(status) => ticket.status == status,
        }
    }

    fn document(self) -> Value {
        let field = |field: Field, value: &str| json!({ "CustomFields": { field.rt_name(): value } });
        match self {
            Self::Field(name, value) => field(name, value.unwrap_or_default()),
            Self::Progress(state) => field(Field::RolloutProgress, state.as_str()),
            Self::Status(status) => json!({ "Status": status.as_str() }),
        }
    }

    /// What a ticket said `before` that somebody moved on while this was written: then it is not this answer that it
    /// waits for.
    fn undone(self, before: &Ticket) -> Option<Self> {
        match self {
            Self::Field(field @ Field::CommunicationStatus, _) => {
                Some(Self::Field(field, Some(CommunicationStatus::Pending.as_str())))
            }
            Self::Status(_) => Some(Self::Status(before.status)),
            Self::Field(..) | Self::Progress(_) => None,
        }
    }
}

impl Guard {
    fn check(self, id: TicketId, wanted: Wanted<'_>, ticket: &Ticket) -> Result<(), TicketError> {
        let expected = match self {
            Self::While(expected) => expected,
            Self::From(expected) if !wanted.is_so(ticket) => expected,
            Self::Anywhere | Self::From(_) => return Ok(()),
        };
        match ticket.progress() {
            Ok(found) if found != expected => Err(TicketError::Overtaken { ticket: id, expected, found }),
            Ok(_) => Ok(()),
            Err(unknown) => Err(TicketError::Malformed { ticket: id, reasons: vec![unknown.to_string()] }),
        }
    }
}

impl Client {
    /// Gives a field a value; an empty one empties it.
    pub(super) fn set_field(
        &self,
        id: TicketId,
        field: Field,
        value: &str,
        standing: Option<RolloutState>,
    ) -> Result<Written, TicketError> {
        if field == Field::RolloutProgress || field.is_file() {
            let reason =
                format!("{field} is not set as other fields are: a state is moved from another, a file is attached");
            return Err(TicketError::Refused { ticket: Some(id), reasons: vec![reason] });
        }
        let value = Some(value.trim()).filter(|value| !value.is_empty());
        let guard = standing.map_or(Guard::Anywhere, Guard::While);
        self.ensure(id, Wanted::Field(field, value), guard)
    }

    /// Moves `RolloutProgress`.
    pub(super) fn set_progress(
        &self,
        id: TicketId,
        expected: RolloutState,
        to: RolloutState,
    ) -> Result<Written, TicketError> {
        self.ensure(id, Wanted::Progress(to), Guard::From(expected))
    }

    /// Sets the status.
    pub(super) fn set_status(
        &self,
        id: TicketId,
        status: TicketStatus,
        standing: RolloutState,
    ) -> Result<Written, TicketError> {
        self.ensure(id, Wanted::Status(status), Guard::While(standing))
    }

    /// Adds a comment, unless it is there. One whose answer was lost is not sent again at once: RT may still be at it. Should
    /// both arrive after all, RT's extension refuses the second.
    pub(super) fn add_comment(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        let Seen { ticket, .. } = self.see(id)?;
        if self.has_comment(id, marker)? {
            return Ok(Written::Already);
        }
        let comment = json!({
            "Subject": comment_subject(marker, &ticket.subject),
            "Content": text,
            "ContentType": "text/plain",
        });
        let answer = self.connection.post(&format!("REST/2.0/ticket/{id}/comment"), &comment)?;
        match answer.status {
            StatusCode::CREATED if self.has_comment(id, marker)? => Ok(Written::Changed),
            StatusCode::CREATED => Err(refusal(id, answer.messages())),
            // The one that was sent before arrived after it was looked for.
            StatusCode::BAD_REQUEST if self.has_comment(id, marker)? => Ok(Written::Already),
            // So RT answers for want of a right, and for a ticket that is not there, which was just seen.
            StatusCode::BAD_REQUEST => Err(TicketError::Forbidden { ticket: Some(id), reasons: answer.messages() }),
            _ => Err(self.refused(id, &answer)),
        }
    }

    fn ensure(&self, id: TicketId, wanted: Wanted<'_>, guard: Guard) -> Result<Written, TicketError> {
        let (mut pause, mut sent) = (Pause::new(), false);
        loop {
            let before = self.see(id)?;
            guard.check(id, wanted, &before.ticket)?;
            if wanted.is_so(&before.ticket) {
                return Ok(if sent { Written::Changed } else { Written::Already });
            }
            let path = format!("REST/2.0/ticket/{id}");
            let trouble = match self.connection.put(&path, &before.etag, &wanted.document()) {
                Ok(answer) if answer.status == StatusCode::OK => {
                    return self.read_back(id, wanted, guard, &before.ticket, answer.messages());
                }
                // The ticket was changed since it was read.
                Ok(answer) if answer.status == StatusCode::PRECONDITION_FAILED => answer.unexpected(),
                Ok(answer) => return Err(self.refused(id, &answer)),
                // The change may have been made all the same; the next look tells.
                Err(error) if error.is_transient() => {
                    sent = true;
                    error
                }
                Err(error) => return Err(error),
            };
            if pause.count() + 1 >= TRIES {
                return Err(trouble);
            }
            debug!(ticket.id = id.get(), "a change is looked at again: {trouble}");
            pause.wait();
        }
    }

    /// RT answers a change with 200 whether it made it or not: what the ticket says afterwards decides.
    fn read_back(
        &self,
        id: TicketId,
        wanted: Wanted<'_>,
        guard: Guard,
        before: &Ticket,
        said: Vec<String>,
    ) -> Result<Written, TicketError> {
        let after = self.see(id)?.ticket;
        if let Err(overtaken) = guard.check(id, wanted, &after) {
            if let Some(undone) = wanted.undone(before).filter(|_| wanted.is_so(&after)) {
                warn!(ticket.id = id.get(), "an answer is taken back: {overtaken}");
                self.ensure(id, undone, Guard::Anywhere)?;
            }
            return Err(overtaken);
        }
        if wanted.is_so(&after) { Ok(Written::Changed) } else { Err(refusal(id, said)) }
    }
}

/// What RT did not do, in its own words where it found some.
fn refusal(id: TicketId, said: Vec<String>) -> TicketError {
    let silent = || {
        vec![
            "RT did not take it and gave no reason; the field or the right to it may be missing: `nsrw rt diff`"
                .to_owned(),
        ]
    };
    let reasons = if said.is_empty() { silent() } else { said };
    TicketError::Refused { ticket: Some(id), reasons }
}
