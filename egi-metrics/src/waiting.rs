//! Time in state: how long releases were in a state they left in the month, and what is still there.

use chrono::{DateTime, Utc};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;

use crate::columns::Micros;
use crate::log::whole_seconds;
use crate::quality::instant;
use crate::spread::Distribution;
use crate::tally::Tally;
use crate::trace::{Cell, Row};

/// How long releases were in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeInState {
    /// The state; only states that a release can leave have a row.
    pub state: RolloutState,
    /// The seconds in the state of the releases that left it in the month, all their stays so far summed: n is the number
    /// of these releases.
    pub seconds: Distribution,
    /// Their stays in it so far, all of which are summed.
    pub stays: u64,
    /// Stays left out, because the log has the end before the begin.
    pub left_out: u64,
    /// Releases in it when the month ended.
    pub open: u64,
    /// The one of them that is there longest.
    pub oldest_open: Option<OpenStay>,
}

/// A stay that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenStay {
    /// The release's ticket.
    pub ticket: TicketId,
    /// When it began.
    pub entered: DateTime<Utc>,
    /// Its age at the month's end, or when the facts were read; `None` if it begins later than that.
    pub seconds: Option<u64>,
}

/// The rows of a month, which is a place in the window. Ages are measured at `measured`.
pub(crate) fn arrange(tally: &mut Tally, month: usize, measured: Micros) -> Vec<TimeInState> {
    let mut row = |state: RolloutState| {
        let seconds = Distribution::of(tally.take_durations(month, state));
        let count = |cell| tally.trace.number(cell, month, Row::In(state));
        TimeInState {
            state,
            seconds,
            stays: count(Cell::Stays),
            left_out: count(Cell::LeftOut),
            open: count(Cell::Open),
            oldest_open: tally.oldest(month, state).and_then(|(entered, ticket)| {
                Some(OpenStay {
                    ticket: TicketId::new(ticket)?,
                    entered: instant(entered),
                    seconds: whole_seconds(entered, measured),
                })
            }),
        }
    };
    RolloutState::ALL.into_iter().filter(|state| !state.is_terminal()).map(&mut row).collect()
}
