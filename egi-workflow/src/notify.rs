//! Which group hears of which state: the full matrix the specification asks for.
//!
//! Groups are replaced as a whole ("purging the CCs ... and adding the groups from scratch") when the repository has
//! answered `OK`. `sw-rel-admin` hears of every change as the queue's `AdminCc` and so stands in no row.

use std::collections::{BTreeMap, BTreeSet};

use egi_model::role::Group;
use egi_model::rollout::RolloutState;
use serde::{Deserialize, Serialize};

use Group::{ProductionWatchers, Requestors, RolloutTeam, Verifiers};

/// The matrix a new site starts with. Rows the specification's table leaves empty follow its later wish that people
/// hear of what concerns them: the provider of an answer wanted, of a failure to mend and of every outcome.
pub const MATRIX: [(RolloutState, &[Group]); 11] = [
    (RolloutState::Submitted, &[]),
    (RolloutState::Unverified, &[Verifiers]),
    (RolloutState::InVerification, &[]),
    (RolloutState::WaitingForResponse, &[Requestors]),
    (RolloutState::StageRollout, &[RolloutTeam]),
    (RolloutState::Deferred, &[RolloutTeam]),
    (RolloutState::Production, &[ProductionWatchers, Requestors]),
    (RolloutState::Rejected, &[Verifiers, RolloutTeam, Requestors]),
    (RolloutState::Ignored, &[Verifiers, Requestors]),
    (RolloutState::NotPublished, &[Verifiers, RolloutTeam, Requestors]),
    (RolloutState::Failed, &[Requestors]),
];

/// A site's matrix: [`MATRIX`] with the rows the site set for itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix(BTreeMap<RolloutState, BTreeSet<Group>>);

impl Matrix {
    /// The groups that hear of `state`.
    #[must_use]
    pub fn groups(&self, state: RolloutState) -> BTreeSet<Group> {
        self.0.get(&state).cloned().unwrap_or_else(|| {
            let row = MATRIX.iter().find(|(s, _)| *s == state);
            row.map(|(_, groups)| groups.iter().copied().collect()).unwrap_or_default()
        })
    }
}
