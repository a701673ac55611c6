//! The tickets of early-adopter teams, in a queue of their own, each a member of its release's ticket.

use std::collections::BTreeSet;

use egi_model::early_adopter::TeamName;
use egi_model::participation::{CHILD_FIELDS, ChildTicket, ParticipationRecord, ROLLOUT_QUEUE};
use egi_model::ticket::{TicketId, TicketStatus};
use serde_json::{Map, Value, json};
use ureq::http::StatusCode;

use super::client::Client;
use super::reading::{comment_subject, quoted};
use super::search::TICKET;
use super::wire::{FieldValue, Numbered, Page, Reference, TicketBody};
use crate::error::{Gone, TicketError};
use crate::system::{Found, Invitation, Written};

impl Client {
    /// Opens a ticket for a team, unless there is an open one. An answer that was lost is made up for by looking first.
    pub(super) fn open_child(&self, invitation: &Invitation) -> Result<TicketId, TicketError> {
        let part = &invitation.part;
        if let Some(there) = self.find_child(part)? {
            return Ok(there);
        }
        let mut given = fields(&ChildTicket::of(part.release, part, true), part);
        given.retain(|_, value| *value != json!(""));
        let new = json!({
            "Queue": ROLLOUT_QUEUE,
            "Subject": invitation.subject,
            "Requestor": part.contact,
            "Content": invitation.text,
            "ContentType": "text/plain",
            "MemberOf": part.release.get(),
            "CustomFields": given,
        });
        let answer = self.connection.post("REST/2.0/ticket", &new)?;
        match answer.status {
            StatusCode::CREATED => self.find_child(part)?.ok_or_else(|| answer.unexpected()),
            StatusCode::FORBIDDEN => Err(TicketError::Forbidden { ticket: None, reasons: answer.messages() }),
            StatusCode::BAD_REQUEST => Err(TicketError::Refused { ticket: None, reasons: answer.messages() }),
            _ => Err(answer.unexpected()),
        }
    }

    fn find_child(&self, part: &ParticipationRecord) -> Result<Option<TicketId>, TicketError> {
        let query = format!(
            "{} AND CF.{{ReleaseTicket}} = '{}' AND CF.{{Team}} = {}",
            open_query(),
            part.release,
            quoted(part.team.as_str())
        );
        let found: Vec<TicketBody> = self.list_by_number("REST/2.0/tickets", &query, TICKET, 0)?;
        Ok(found.iter().find_map(|body| TicketId::new(body.number())))
    }

    /// Reads a team's ticket.
    pub(super) fn child(&self, id: TicketId) -> Result<ChildTicket, TicketError> {
        self.see_child(id).map(|(child, _)| child)
    }

    /// Reads a team's ticket, with the tag of what was read.
    fn see_child(&self, id: TicketId) -> Result<(ChildTicket, String), TicketError> {
        let answer = self.connection.get(&format!("REST/2.0/ticket/{id}"), &[])?;
        let body: TicketBody = self.document(&answer, Some(id))?;
        if TicketId::new(body.id) != Some(id) {
            let into = TicketId::new(body.id).unwrap_or(id);
            return Err(TicketError::Gone { ticket: id, why: Gone::MergedInto(into) });
        }
        Ok((read(id, &body)?, answer.etag.unwrap_or_default()))
    }

    /// The tickets of teams that are open.
    pub(super) fn open_children(&self) -> Result<Found<ChildTicket>, TicketError> {
        let bodies: Vec<TicketBody> = self.list_by_number("REST/2.0/tickets", &open_query(), TICKET, 0)?;
        let mut found = Found::default();
        for body in &bodies {
            let Some(id) = TicketId::new(body.id) else { continue };
            match read(id, body) {
                Ok(child) => found.items.push(child),
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
    }

    /// Makes a team's ticket say what is on record. RT answers 200 whatever became of it, so it is read back.
    pub(super) fn set_child(
        &self,
        seen: &ChildTicket,
        wanted: &ChildTicket,
        part: &ParticipationRecord,
    ) -> Result<Written, TicketError> {
        let id = wanted.id;
        let (before, etag) = self.see_child(id)?;
        if before == *wanted {
            return Ok(Written::Already);
        }
        if before != *seen {
            return Err(TicketError::Rewritten { ticket: id });
        }
        // What is empty there and shall be is left alone: RT would keep that it was emptied.
        let (mut wanted_fields, there) = (fields(wanted, part), fields(&before, part));
        wanted_fields.retain(|name, value| *value != json!("") || there.get(name) != Some(value));
        let status = if wanted.open { TicketStatus::Open } else { TicketStatus::Resolved };
        let change = json!({ "Status": status.as_str(), "CustomFields": wanted_fields });
        let answer = self.connection.put(&format!("REST/2.0/ticket/{id}"), &etag, &change)?;
        match answer.status {
            StatusCode::OK if self.child(id)? == *wanted => Ok(Written::Changed),
            StatusCode::OK => Err(TicketError::Refused { ticket: Some(id), reasons: answer.messages() }),
            StatusCode::PRECONDITION_FAILED => Err(TicketError::Rewritten { ticket: id }),
            _ => Err(self.refused(id, &answer)),
        }
    }

    /// Comments on a team's ticket, unless the comment is there.
    pub(super) fn comment_child(&self, id: TicketId, marker: &str, text: &str) -> Result<Written, TicketError> {
        if self.has_comment(id, marker)? {
            return Ok(Written::Already);
        }
        let comment = json!({ "Subject": comment_subject(marker, "staged rollout"), "Content": text, "ContentType": "text/plain" });
        let answer = self.connection.post(&format!("REST/2.0/ticket/{id}/comment"), &comment)?;
        match answer.status {
            StatusCode::CREATED => Ok(Written::Changed),
            StatusCode::BAD_REQUEST => Err(TicketError::Forbidden { ticket: Some(id), reasons: answer.messages() }),
            _ => Err(self.refused(id, &answer)),
        }
    }

    /// Replaces the addresses among the Ccs of a release's ticket; its groups are left alone.
    pub(super) fn set_early_adopters(&self, id: TicketId, contacts: &BTreeSet<String>) -> Result<Written, TicketError> {
        let before = self.see(id)?;
        if before.ticket.early_adopters == *contacts {
            return Ok(Written::Already);
        }
        let answer = self.connection.get(&format!("REST/2.0/ticket/{id}"), &[])?;
        let body: TicketBody = self.document(&answer, Some(id))?;
        let groups = body.cc.iter().filter(|cc| cc.kind == "group").map(|cc| cc.id.clone());
        let all: Vec<String> = groups.chain(contacts.iter().cloned()).collect();
        let etag = answer.etag.clone().unwrap_or_default();
        let answer = self.connection.put(&format!("REST/2.0/ticket/{id}"), &etag, &json!({ "Cc": all }))?;
        match answer.status {
            StatusCode::OK if self.see(id)?.ticket.early_adopters == *contacts => Ok(Written::Changed),
            StatusCode::OK => Err(TicketError::Refused { ticket: Some(id), reasons: answer.messages() }),
            StatusCode::PRECONDITION_FAILED => Err(answer.unexpected()),
            _ => Err(self.refused(id, &answer)),
        }
    }

    /// Whether RT has the queue of the teams' tickets, and shows it.
    pub(super) fn has_rollout_queue(&self) -> Result<bool, TicketError> {
        let answer = self.connection.get(&format!("REST/2.0/queue/{ROLLOUT_QUEUE}"), &[])?;
        Ok(answer.status == StatusCode::OK)
    }

    /// The groups whose name begins so, with their descriptions and members: teams that are kept in RT.
    pub(super) fn groups_beginning(&self, beginning: &str) -> Result<Vec<RtGroup>, TicketError> {
        let question = json!([
            { "field": "Domain", "value": "UserDefined" },
            { "field": "Name", "operator": "STARTSWITH", "value": beginning },
        ]);
        let answer = self.connection.ask("REST/2.0/groups", &question)?;
        if answer.status != StatusCode::OK {
            return Err(answer.unexpected());
        }
        let mut groups = Vec::new();
        for found in answer.json::<Page<Reference>>()?.items {
            let answer = self.connection.get(&format!("REST/2.0/group/{}", found.id), &[])?;
            if answer.status == StatusCode::OK {
                let body: super::wire::GroupBody = answer.json()?;
                let members = super::people::group_members(&self.connection, &body.name)?;
                groups.push(RtGroup { name: body.name, description: body.description, members });
            }
        }
        groups.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(groups)
    }
}

/// A group of Request Tracker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RtGroup {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// The accounts in it, also by way of other groups.
    pub members: BTreeSet<String>,
}

fn open_query() -> String {
    let statuses = [TicketStatus::New, TicketStatus::Open, TicketStatus::Stalled];
    let any: Vec<String> = statuses.iter().map(|status| format!("Status = '{status}'")).collect();
    format!("Queue = {} AND ({})", quoted(ROLLOUT_QUEUE), any.join(" OR "))
}

/// Every field of the ticket, so that what somebody set by mistake is set right too.
fn fields(wanted: &ChildTicket, part: &ParticipationRecord) -> Map<String, Value> {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
    };
    let value = |name: &str| match name {
        "ReleaseTicket" => wanted.release.to_string(),
        "Team" => wanted.team.to_string(),
        "Site" => part.site.clone(),
        "NGI" => part.ngi.clone(),
        "Participation" => wanted.participation.clone(),
        "Outcome" => wanted.outcome.clone(),
        "ReportURL" => wanted.report.clone(),
        "ReportNote" => wanted.note.clone(),
        "RejectAnswer" => wanted.answer.clone(),
        "Started" => time(part.started),
        "Finished" => time(part.finished),
        _ => String::new(),
    };
    CHILD_FIELDS.iter().map(|field| (field.name.to_owned(), Value::String(value(field.name)))).collect()
}

fn read(id: TicketId, body: &TicketBody) -> Result<ChildTicket, TicketError> {
    let value = |name: &str| {
        let values = body.custom_fields.iter().find(|field| field.name == name).map(|field| field.values.as_slice());
        match values.and_then(<[_]>::first) {
            Some(FieldValue::Text(text)) => text.trim().to_owned(),
            Some(FieldValue::File { .. } | FieldValue::Empty) | None => String::new(),
        }
    };
    let status: Result<TicketStatus, _> = body.status.parse();
    if status == Ok(TicketStatus::Deleted) {
        return Err(TicketError::Gone { ticket: id, why: Gone::Deleted });
    }
    let malformed = |reason: String| TicketError::Malformed { ticket: id, reasons: vec![reason] };
    let release = value("ReleaseTicket").parse().map_err(|e| malformed(format!("ReleaseTicket: {e}")))?;
    let team: TeamName = value("Team").parse().map_err(|e| malformed(format!("Team: {e}")))?;
    Ok(ChildTicket {
        id,
        release,
        team,
        participation: value("Participation"),
        outcome: value("Outcome"),
        report: value("ReportURL"),
        note: value("ReportNote"),
        answer: value("RejectAnswer"),
        open: !matches!(status, Ok(TicketStatus::Resolved | TicketStatus::Rejected)),
    })
}
