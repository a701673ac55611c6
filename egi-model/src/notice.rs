//! The notice of a changed `RolloutProgress`: what RT posts, read and checked field by field.
//!
//! Source: the specification, "A post API has been developed": `Ticket_Id`, `Current_Rollout_Progress`,
//! `Previous_Rollout_Progress` and a Yes/No flag for emergencies.

mod pairs;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::pairs::{Encoding, Pairs};
use crate::release::Emergency;
use crate::rollout::RolloutState;
use crate::ticket::TicketId;

/// Somebody changed a ticket's `RolloutProgress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The ticket.
    pub ticket: TicketId,
    /// The value after the change.
    pub current: RolloutState,
    /// The value before the change.
    pub previous: RolloutState,
    /// The emergency flag as posted; the ticket's own field decides.
    pub emergency: Emergency,
    /// The ticket system's number of the change, where it sends one (RT's `Transaction_Id`): tells a repeat from a
    /// second change of the same kind.
    pub change: Option<u64>,
}

/// A field of the notice that can not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFault {
    /// The field's name.
    pub field: String,
    /// What was wrong and what would do.
    pub message: String,
}

/// A notice that could not be read, with every fault and, where it could be told, the ticket it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultyNotice {
    /// The ticket, when `Ticket_Id` itself could be read.
    pub ticket: Option<TicketId>,
    /// Every wrong field.
    pub faults: Vec<FieldFault>,
}

/// The field names of the specification, with the emergency flag's two spellings.
const TICKET: &str = "Ticket_Id";
const CURRENT: &str = "Current_Rollout_Progress";
const PREVIOUS: &str = "Previous_Rollout_Progress";
const EMERGENCY: [&str; 2] = ["Emergency_Release", "Is_Emergency"];
const CHANGE: &str = "Transaction_Id";

impl Notice {
    /// Reads a notice from the pairs of a form or of a JSON object. Every fault is reported, not the first alone.
    pub fn parse(pairs: &[(String, String)]) -> Result<Self, FaultyNotice> {
        let mut reader = Reader::new(pairs);
        let ticket = reader.required(TICKET, |v| v.parse::<TicketId>().map_err(|e| e.to_string()));
        let current = reader.required(CURRENT, |v| v.parse::<RolloutState>().map_err(|e| e.to_string()));
        let previous = reader.previous();
        let emergency = reader.emergency();
        let change = reader.optional(CHANGE, |v| v.parse().map_err(|_| format!("\"{v}\" is no transaction number")));
        reader.refuse_unknown();
        match (ticket, current, previous, emergency, reader.faults.is_empty()) {
            (Some(ticket), Some(current), Some(previous), Some(emergency), true) => {
                Ok(Self { ticket, current, previous, emergency, change })
            }
            // Of two numbers nobody knows which one is meant.
            (ticket, ..) => {
                let unclear = reader.faults.iter().any(|fault| fault.field.eq_ignore_ascii_case(TICKET));
                Err(FaultyNotice { ticket: ticket.filter(|_| !unclear), faults: reader.faults })
            }
        }
    }
}

/// Takes fields out of the pairs and gathers what is wrong with them.
struct Reader<'a> {
    values: BTreeMap<String, &'a str>,
    faults: Vec<FieldFault>,
}

impl<'a> Reader<'a> {
    fn new(pairs: &'a [(String, String)]) -> Self {
        let mut reader = Self { values: BTreeMap::new(), faults: Vec::new() };
        for (name, value) in pairs {
            if reader.values.insert(name.to_ascii_lowercase(), value.trim()).is_some() {
                reader.fault(name, "it is given twice; send it once".to_owned());
            }
        }
        reader
    }

    fn fault(&mut self, field: &str, message: String) {
        self.faults.push(FieldFault { field: field.to_owned(), message });
    }

    fn take(&mut self, name: &str) -> Option<&'a str> {
        self.values.remove(&name.to_ascii_lowercase()).filter(|v| !v.is_empty())
    }

    fn read<T>(&mut self, name: &str, value: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        parse(value).map_err(|message| self.fault(name, message)).ok()
    }

    fn required<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match self.take(name) {
            Some(value) => self.read(name, value, parse),
            None => {
                self.fault(name, "it is missing; every notice carries it".to_owned());
                None
            }
        }
    }

    fn optional<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        self.take(name).and_then(|value| self.read(name, value, parse))
    }

    /// RT sends an empty previous value for a ticket that never had one: that is `Submitted`.
    fn previous(&mut self) -> Option<RolloutState> {
        if !self.values.contains_key(&PREVIOUS.to_ascii_lowercase()) {
            self.fault(PREVIOUS, "it is missing; every notice carries it".to_owned());
            return None;
        }
        match self.take(PREVIOUS) {
            Some(value) => {
                self.read(PREVIOUS, value, |v| v.parse().map_err(|e: crate::rollout::UnknownState| e.to_string()))
            }
            None => Some(RolloutState::Submitted),
        }
    }

    fn emergency(&mut self) -> Option<Emergency> {
        let [name, older] = EMERGENCY;
        match self.take(name).or_else(|| self.take(older)) {
            Some(value) => {
                self.read(name, value, |v| v.parse().map_err(|e: crate::release::NeitherError| e.to_string()))
            }
            None => {
                self.fault(name, "it is missing; send Yes or No".to_owned());
                None
            }
        }
    }

    fn refuse_unknown(&mut self) {
        let names: Vec<String> = self.values.keys().cloned().collect();
        for name in names {
            if !EMERGENCY.iter().any(|e| e.eq_ignore_ascii_case(&name)) {
                self.fault(&name, "no such field; the fields are Ticket_Id, Current_Rollout_Progress, Previous_Rollout_Progress, Emergency_Release and Transaction_Id".to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &[(&str, &str)]) -> Vec<(String, String)> {
        text.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn the_specification_s_post_is_read() {
        let notice = Notice::parse(&pairs(&[
            ("Ticket_Id", "1"),
            ("Current_Rollout_Progress", "In verification"),
            ("Previous_Rollout_Progress", "Unverified"),
            ("Is_Emergency", "No"),
            ("Transaction_Id", "77"),
        ]))
        .unwrap();
        assert_eq!((notice.current, notice.change), (RolloutState::InVerification, Some(77)));
    }

    #[test]
    fn every_wrong_field_is_named_and_the_ticket_kept() {
        let faulty = Notice::parse(&pairs(&[
            ("Ticket_Id", "12"),
            ("Current_Rollout_Progress", "Shipped"),
            ("Emergency_Release", "perhaps"),
        ]))
        .unwrap_err();
        assert_eq!(faulty.ticket, TicketId::new(12));
        let fields: Vec<&str> = faulty.faults.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["Current_Rollout_Progress", "Previous_Rollout_Progress", "Emergency_Release"]);
    }

    #[test]
    fn of_two_tickets_neither_is_meant() {
        let faulty = Notice::parse(&pairs(&[("Ticket_Id", "12"), ("ticket_id", "13")])).unwrap_err();
        assert_eq!(faulty.ticket, None);
        assert_eq!(faulty.faults.first().map(|f| f.field.as_str()), Some("ticket_id"));
    }
}
