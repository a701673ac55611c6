//! What a ticket at rest is told to mend what it says.

use egi_model::field::Field;
use egi_model::rollout::RolloutState;
use egi_model::ticket::{Ticket, TicketStatus};
use egi_workflow::{Effect, Policy, owed};

use crate::world::{record, ticket};

fn policy() -> Policy {
    Policy { public_url: "https://repository.example.org/sw".to_owned(), ..Policy::default() }
}

/// The ticket of a release in `state` as its plan leaves it.
fn answered(state: RolloutState) -> Ticket {
    let mut ticket = ticket(state);
    let answer = if state == RolloutState::Failed { "Error" } else { "OK" };
    ticket.fields.insert(Field::CommunicationStatus, answer.to_owned());
    let area = policy().area_of(state).filter(|_| state != RolloutState::Failed);
    if let Some(area) = area {
        let url = policy().url_of(&record(state).facts.unwrap().repo(area).unwrap());
        ticket.fields.insert(Field::RepositoryUrl, url);
    }
    if state.is_terminal() {
        ticket.status = TicketStatus::Resolved;
    }
    ticket
}

fn told(effects: &[Effect]) -> Vec<String> {
    let tell = |effect: &Effect| {
        if let Effect::SetField { field, value } = effect {
            return format!("{field}={value}");
        }
        let Effect::SetStatus { status } = effect else { return format!("{effect:?}") };
        format!("Status={status}")
    };
    effects.iter().map(tell).collect()
}

#[test]
fn nothing_is_owed_to_a_ticket_that_says_it_all() {
    for state in RolloutState::ALL {
        assert_eq!(told(&owed(&answered(state), &record(state), &policy())), [""; 0], "{state}");
    }
}

#[test]
fn what_is_missing_is_owed() {
    let bare = |state| {
        let mut bare = ticket(state);
        bare.fields.insert(Field::CommunicationStatus, "Pending".to_owned());
        told(&owed(&bare, &record(state), &policy()))
    };
    let url = |path: &str| format!("RepositoryURL=https://repository.example.org/sw/{path}/");
    assert_eq!(bare(RolloutState::Submitted), [""; 0], "nothing was asked yet");
    assert_eq!(bare(RolloutState::InVerification)[1], "CommunicationStatus=OK");
    assert!(bare(RolloutState::InVerification)[0].starts_with(&url("unverified")[..40]));
    assert_eq!(bare(RolloutState::Production)[1..], ["CommunicationStatus=OK", "Status=resolved"]);
    assert_eq!(bare(RolloutState::Rejected), ["CommunicationStatus=OK", "Status=resolved"]);
    assert_eq!(bare(RolloutState::Failed), ["CommunicationStatus=Error"]);
}

#[test]
fn a_ticket_that_was_moved_on_waits_for_another_answer() {
    let mut moved = answered(RolloutState::Unverified);
    moved.fields.insert(Field::CommunicationStatus, "Pending".to_owned());
    assert_eq!(owed(&moved, &record(RolloutState::InVerification), &policy()), []);
}
