//! What RT tells, in the words of the workflow; or why it is no part of a release's past.

use egi_model::release::Emergency;
use egi_model::rollout::{RolloutState, UnknownState};
use egi_tickets::rt::{Fate, PastEvent, PastKind};
use egi_workflow::past::{PastChange, PastStep};

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
        PastKind::Progress { old, new } => moved(old.as_deref(), new.as_deref())?,
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

fn moved(old: Option<&str>, new: Option<&str>) -> Result<PastStep, Skipped> {
    // An empty field means `Submitted`, as everywhere.
    let state = |text: Option<&str>| text.map_or(Ok(RolloutState::Submitted), str::parse).map_err(Skipped::Unreadable);
    let (from, to) = (state(old)?, state(new)?);
    if from == to { Err(Skipped::Respelled) } else { Ok(PastStep::Moved { from, to }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_spelled_them_over_the_years() {
        let from_empty = moved(None, Some("Unverified"));
        assert_eq!(from_empty, Ok(PastStep::Moved { from: RolloutState::Submitted, to: RolloutState::Unverified }));
        let older = moved(Some("In verification"), Some("Accepted"));
        assert_eq!(older, Ok(PastStep::Moved { from: RolloutState::InVerification, to: RolloutState::Production }));
        assert_eq!(moved(Some("Accepted"), Some("Production")), Err(Skipped::Respelled));
        assert_eq!(moved(None, Some("Submitted")), Err(Skipped::Respelled));
        assert!(
            matches!(moved(Some("Published"), None), Err(Skipped::Unreadable(unknown)) if unknown.given == "Published")
        );
    }
}
