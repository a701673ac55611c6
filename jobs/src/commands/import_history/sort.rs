//! What RT tells, in the words of the workflow; or why it is no part of a release's past.

use chrono::{DateTime, Utc};
use egi_model::release::Emergency;
use egi_model::rollout::{RolloutState, UnknownState};
use egi_tickets::rt::{Fate, NextChange, PastEvent, PastKind};
use egi_workflow::past::{ANSWER, CarriedOut, PastChange, PastStep};

/// Why something RT tells is not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Skipped {
    /// Its ticket was deleted.
    Deleted,
    /// Its ticket was merged into another one, which tells of the release.
    Merged,
    /// Its ticket can not be seen.
    Hidden,
    /// It changed the spelling of a state and not the state.
    Respelled,
    /// It has a value that is no state.
    Unreadable(UnknownState),
}

/// Reads what RT tells of one transaction.
pub(super) fn sort(event: PastEvent) -> Result<PastChange, Skipped> {
    match event.fate {
        Fate::There => {}
        Fate::Deleted => return Err(Skipped::Deleted),
        Fate::Merged { .. } => return Err(Skipped::Merged),
        Fate::Hidden => return Err(Skipped::Hidden),
    }
    let what = match &event.what {
        PastKind::Created => PastStep::Created,
        PastKind::Progress { old, new, next } => {
            moved(old.as_deref(), new.as_deref(), carried_out(event.at, next.as_ref()))?
        }
    };
    let subject = event.subject.trim();
    Ok(PastChange {
        id: event.transaction,
        ticket: event.ticket,
        at: event.at,
        what,
        created: event.created,
        title: (!subject.is_empty()).then(|| subject.to_owned()),
        emergency: if event.emergency { Emergency::Yes } else { Emergency::No },
        by: event.by,
    })
}

fn moved(old: Option<&str>, new: Option<&str>, carried_out: CarriedOut) -> Result<PastStep, Skipped> {
    let (from, to) = (state(old).map_err(Skipped::Unreadable)?, state(new).map_err(Skipped::Unreadable)?);
    if from == to {
        return Err(Skipped::Respelled);
    }
    let step = PastStep::Moved { from, to, carried_out };
    // The repository's answers are what happened.
    Ok(if step.is_answer() { PastStep::Moved { from, to, carried_out: CarriedOut::Yes } } else { step })
}

/// Whether the next change is the repository's answer that it could not do it.
fn carried_out(at: DateTime<Utc>, next: Option<&NextChange>) -> CarriedOut {
    let refused = |next: &NextChange| {
        let answer = matches!(state(next.new.as_deref()), Ok(RolloutState::Failed | RolloutState::Deferred));
        answer && next.at - at <= ANSWER
    };
    if next.is_some_and(refused) { CarriedOut::No } else { CarriedOut::Yes }
}

/// An empty field means `Submitted`, as everywhere.
fn state(text: Option<&str>) -> Result<RolloutState, UnknownState> {
    text.map_or(Ok(RolloutState::Submitted), str::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: RolloutState, to: RolloutState, carried_out: CarriedOut) -> PastStep {
        PastStep::Moved { from, to, carried_out }
    }

    #[test]
    fn values_are_read_as_people_spelled_them_over_the_years() {
        let read = |old, new| moved(old, new, CarriedOut::Yes);
        let expected = step(RolloutState::Submitted, RolloutState::Unverified, CarriedOut::Yes);
        assert_eq!(read(None, Some("Unverified")), Ok(expected));
        let expected = step(RolloutState::InVerification, RolloutState::Production, CarriedOut::Yes);
        assert_eq!(read(Some("In verification"), Some("Accepted")), Ok(expected));
        assert_eq!(read(Some("Accepted"), Some("Production")), Err(Skipped::Respelled));
        assert_eq!(read(None, Some("Submitted")), Err(Skipped::Respelled));
        assert!(
            matches!(read(Some("Published"), None), Err(Skipped::Unreadable(unknown)) if unknown.given == "Published")
        );
    }

    #[test]
    fn an_answer_within_a_day_says_that_it_was_not_carried_out() {
        let at = |hour: i64| DateTime::from_timestamp(1_400_000_000 + hour * 3600, 0).unwrap();
        let then = |hour, new: &str| carried_out(at(0), Some(&NextChange { at: at(hour), new: Some(new.to_owned()) }));
        assert_eq!(then(1, "Failed"), CarriedOut::No);
        assert_eq!(then(24, "Deferred"), CarriedOut::No);
        assert_eq!(then(25, "Failed"), CarriedOut::Yes);
        assert_eq!(then(1, "Production"), CarriedOut::Yes);
        assert_eq!(carried_out(at(0), None), CarriedOut::Yes);
        let twice = moved(Some("Unverified"), Some("Failed"), then(1, "Failed"));
        assert_eq!(twice, Ok(step(RolloutState::Unverified, RolloutState::Failed, CarriedOut::Yes)));
    }
}
