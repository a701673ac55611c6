//! What a site decides for itself, as data.

use std::collections::BTreeMap;

use egi_model::area::{Area, RepoKey, product_key};
use egi_model::major::MajorId;
use egi_model::release::Release;
use egi_model::role::Role;
use egi_model::rollout::RolloutState;
use serde::{Deserialize, Serialize};

use crate::evidence::EvidencePolicy;
use crate::notify::Matrix;

/// How many releases may be in staged rollout at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotScope {
    /// One per major release, product, platform, architecture and product major. The default: UMD 3.11.0 had 37
    /// products in staged rollout at once.
    #[default]
    PerTarget,
    /// One per major release, as the specification's discussion first put it.
    PerMajor,
}

/// Which way an emergency release takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmergencyRoute {
    /// Straight to production (the specification's text).
    #[default]
    Straight,
    /// Through a very fast staged rollout (its discussion); the slot does not hold it up.
    FastRollout,
}

/// How the releases of one product and version for several targets enter production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sets {
    /// Each when it is asked. The default: tickets are for one target, and some targets are dropped on the way.
    #[default]
    Apart,
    /// All or none: see [`crate::set`].
    Together,
}

/// The area a release lies in while it stands in a state; states that are missing have none.
///
/// The specification: "based on the `RolloutProgress` transition type, retrieves the necessary configuration values
/// from the database (f.e: if the transition is Submitted -> Unverified the target repository should be the
/// /sw/unverified and so on)".
pub type TargetAreas = BTreeMap<RolloutState, Area>;

/// The areas a new site starts with.
#[must_use]
pub fn default_target_areas() -> TargetAreas {
    BTreeMap::from([
        (RolloutState::Unverified, Area::Unverified),
        (RolloutState::InVerification, Area::Unverified),
        (RolloutState::WaitingForResponse, Area::Unverified),
        (RolloutState::Deferred, Area::Unverified),
        (RolloutState::StageRollout, Area::StageRollout),
        (RolloutState::Production, Area::Production),
    ])
}

/// A site's choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How many releases may be in staged rollout at a time.
    pub slot_scope: SlotScope,
    /// Which way an emergency takes.
    pub emergency: EmergencyRoute,
    /// How a product's releases for several targets enter production.
    pub sets: Sets,
    /// Who may try again after a failure.
    pub retry: Vec<Role>,
    /// What early adopters must have shown before a release goes to production.
    pub evidence: EvidencePolicy,
    /// Which groups hear of which state.
    pub notify: Matrix,
    /// Which area belongs to which state. Not configured here: kept in the database.
    #[serde(skip)]
    pub target_areas: TargetAreas,
    /// Where the public finds the repository tree, without a trailing `/`.
    #[serde(skip)]
    pub public_url: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            slot_scope: SlotScope::default(),
            emergency: EmergencyRoute::default(),
            sets: Sets::default(),
            retry: vec![Role::Admin],
            evidence: EvidencePolicy::default(),
            notify: Matrix::default(),
            target_areas: default_target_areas(),
            public_url: "http://localhost/sw".to_owned(),
        }
    }
}

impl Policy {
    /// The slot a release would hold in staged rollout.
    #[must_use]
    pub fn slot(&self, major: &MajorId, release: &Release) -> String {
        match self.slot_scope {
            SlotScope::PerTarget => format!("{}/{}", product_key(major, release), release.version.major()),
            SlotScope::PerMajor => major.to_string(),
        }
    }

    /// The area a release lies in while it stands in `state`.
    #[must_use]
    pub fn area_of(&self, state: RolloutState) -> Option<Area> {
        self.target_areas.get(&state).copied()
    }

    /// Where the public installs from a repository.
    #[must_use]
    pub fn url_of(&self, repo: &RepoKey) -> String {
        format!("{}/{}/", self.public_url, repo.public_path())
    }
}
