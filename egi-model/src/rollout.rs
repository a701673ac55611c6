//! The eleven rollout states and their spellings in Request Tracker.
//!
//! Source of the list: the specification's section "Workflow" (`RolloutProgress`), with the two states added later
//! (`Ignored`, `NotPublished`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a release stands: the value of the ticket field `RolloutProgress`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RolloutState {
    /// Default on creation: delivered on paper, not fetched yet.
    Submitted,
    /// Fetched and verified byte by byte; in the unverified area, quality not assessed yet.
    Unverified,
    /// A verifier is assessing it against the quality criteria.
    InVerification,
    /// The verifier waits for the provider about minor points.
    WaitingForResponse,
    /// Early adopters run it in production.
    StageRollout,
    /// Set by the repository: another release occupies the staged-rollout slot.
    Deferred,
    /// Accepted: in the production repository. Older tickets say "Accepted".
    Production,
    /// Failed quality verification or staged rollout.
    Rejected,
    /// Its target is not among the supported ones.
    Ignored,
    /// Passed everything and deliberately not published.
    NotPublished,
    /// Set by the repository: a technical or logical failure, explained in a comment.
    Failed,
}

/// Names that older tickets and pages use for a state, beside its canonical one.
const OLDER_NAMES: [(&str, RolloutState); 2] =
    [("Accepted", RolloutState::Production), ("StagedRollout", RolloutState::StageRollout)];

impl RolloutState {
    /// All states, in the order a release usually meets them.
    pub const ALL: [Self; 11] = [
        Self::Submitted,
        Self::Unverified,
        Self::InVerification,
        Self::WaitingForResponse,
        Self::StageRollout,
        Self::Deferred,
        Self::Production,
        Self::Rejected,
        Self::Ignored,
        Self::NotPublished,
        Self::Failed,
    ];

    /// The canonical spelling, the only one ever written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "Submitted",
            Self::Unverified => "Unverified",
            Self::InVerification => "InVerification",
            Self::WaitingForResponse => "WaitingForResponse",
            Self::StageRollout => "StageRollout",
            Self::Deferred => "Deferred",
            Self::Production => "Production",
            Self::Rejected => "Rejected",
            Self::Ignored => "Ignored",
            Self::NotPublished => "NotPublished",
            Self::Failed => "Failed",
        }
    }

    /// Whether the workflow ends here: nothing leaves a terminal state.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Production | Self::Rejected | Self::Ignored | Self::NotPublished)
    }
}

impl fmt::Display for RolloutState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names none of the eleven states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no rollout state; use one of {}", all_names())]
pub struct UnknownState {
    /// The text as it came.
    pub given: String,
}

fn all_names() -> String {
    RolloutState::ALL.map(RolloutState::as_str).join(", ")
}

impl FromStr for RolloutState {
    type Err = UnknownState;

    /// Reads a state as people and RT have spelled it over the years: case, blanks, `-` and `_` do not matter, and
    /// older names are known.
    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let folded = fold(text);
        RolloutState::ALL
            .iter()
            .map(|state| (state.as_str(), *state))
            .chain(OLDER_NAMES)
            .find(|(name, _)| fold(name) == folded)
            .map(|(_, state)| state)
            .ok_or_else(|| UnknownState { given: text.to_owned() })
    }
}

fn fold(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_seen_in_rt_is_read() {
        for (text, state) in [
            ("In Verification", RolloutState::InVerification),
            ("In verification", RolloutState::InVerification),
            ("Waiting for response", RolloutState::WaitingForResponse),
            ("StageRollOut", RolloutState::StageRollout),
            ("Accepted", RolloutState::Production),
            ("Not published", RolloutState::NotPublished),
            (" submitted ", RolloutState::Submitted),
        ] {
            assert_eq!(text.parse(), Ok(state), "{text}");
        }
    }

    #[test]
    fn the_canonical_spelling_reads_back() {
        for state in RolloutState::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }

    #[test]
    fn an_unknown_state_names_the_known_ones() {
        let error = "Publshed".parse::<RolloutState>().unwrap_err().to_string();
        assert!(error.contains("\"Publshed\"") && error.contains("NotPublished"), "{error}");
    }
}
