//! What is written to tickets and letters when something is due.

use egi_model::rollout::RolloutState;

use crate::clock::{Clock, Purpose};

/// Something is due.
#[must_use]
pub fn due(clock: &Clock) -> String {
    let (state, since) = (clock.state, clock.since.format("%Y-%m-%d"));
    match clock.purpose {
        Purpose::Limit(limit) => format!(
            "The release has stood in {state} since {since}, longer than the {limit} that are agreed for it. {} Please explain \
             here what keeps it, or move it on.",
            what_next(state)
        ),
        Purpose::Answer(limit) => format!(
            "The verifier has been waiting for an answer of the technology provider since {since}, for more than {limit}. \
             Please answer on this ticket."
        ),
        Purpose::News(limit, _) => format!(
            "To the technology provider: there has been no news of this release since {since}, for more than {limit}. It \
             stands in {state}. {}",
            what_next(state)
        ),
    }
}

/// The subject of a letter about it.
#[must_use]
pub fn subject(ticket: u64, title: &str, clock: &Clock) -> String {
    let what = match clock.purpose {
        Purpose::Limit(_) => "overdue",
        Purpose::Answer(_) => "an answer is waited for",
        Purpose::News(..) => "no news",
    };
    format!("[sw-rel #{ticket}] {title}: {what} in {}", clock.state)
}

/// What has to happen for a release to go on.
const fn what_next(state: RolloutState) -> &'static str {
    match state {
        RolloutState::Submitted => "It goes on when somebody sets Unverified, so that the repository fetches it.",
        RolloutState::Unverified => "It goes on when a verifier takes it up.",
        RolloutState::InVerification => "It goes on when the verifier comes to a result.",
        RolloutState::WaitingForResponse => "It goes on when the provider has answered.",
        RolloutState::StageRollout => "It goes on when the early adopters have reported.",
        RolloutState::Deferred => "It goes on when the release before it has left staged rollout.",
        RolloutState::Failed => "It goes on when an administrator has mended what failed.",
        RolloutState::Production | RolloutState::Rejected | RolloutState::Ignored | RolloutState::NotPublished => {
            "It has come to its end."
        }
    }
}
