//! What is on record of a release: the stored fact a decision starts from.

use chrono::{DateTime, Utc};
use egi_model::area::{Area, RepoKey, product_key, production_key, stagerollout_key, unverified_key};
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::major::MajorRelease;
use egi_model::name::NameError;
use egi_model::release::{Release, ReleaseType, Target};
use egi_model::rollout::RolloutState;
use egi_model::ticket::TicketId;
use serde::{Deserialize, Serialize};

/// A release as the system knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// Its ticket.
    pub ticket: TicketId,
    /// Where it stands: what was last settled, whatever the ticket says meanwhile.
    pub state: RolloutState,
    /// Since when.
    pub since: DateTime<Utc>,
    /// While `Failed`: where it stood before. Otherwise the same as `state`.
    pub stood: RolloutState,
    /// While `Failed`: what was attempted.
    pub attempted: Option<RolloutState>,
    /// What intake learned; `None` before the first delivery was accepted, and after a restart.
    pub facts: Option<ReleaseFacts>,
}

/// What intake learned of a release. It stands until the release is submitted anew: release.xml is read once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseFacts {
    /// The major release or software it belongs to, as agreed then.
    pub major: MajorRelease,
    /// The metadata.
    pub release: Release,
    /// What it is built for.
    pub target: Target,
    /// Replaces or adds: the ticket's field.
    pub release_type: ReleaseType,
    /// Digest of release.xml as it came.
    pub release_xml: Sha256,
    /// Digest of checksums.xml as it came.
    pub checksums: Sha256,
    /// The verified content, once there is some.
    pub content: Option<ContentId>,
    /// The slot it needs for staged rollout.
    pub slot: String,
}

impl ReleaseRecord {
    /// A release that was just heard of.
    #[must_use]
    pub const fn submitted(ticket: TicketId, since: DateTime<Utc>) -> Self {
        let state = RolloutState::Submitted;
        Self { ticket, state, since, stood: state, attempted: None, facts: None }
    }

    /// Whether the release lies in staged rollout and so holds its slot, also while `Failed`.
    #[must_use]
    pub fn holds_slot(&self) -> bool {
        self.stood == RolloutState::StageRollout
    }
}

impl ReleaseFacts {
    /// The repository this release lies in while in `area`.
    pub fn repo(&self, area: Area) -> Result<RepoKey, NameError> {
        match area {
            Area::Unverified => unverified_key(&self.major.id, &self.release),
            Area::StageRollout => stagerollout_key(&self.major.id, &self.release),
            Area::Production => production_key(&self.major, &self.target, self.release_type),
        }
    }

    /// Tells this product of this major release for this target from all others.
    #[must_use]
    pub fn product(&self) -> String {
        product_key(&self.major.id, &self.release)
    }

    /// Tells this product and version, for whatever target, from all others: short names end with platform and
    /// architecture.
    #[must_use]
    pub fn set(&self) -> String {
        let product = self.product();
        let target = format!(".{}.{}", self.target.platform, self.target.arch).to_lowercase();
        format!("{} {}", product.strip_suffix(&target).unwrap_or(&product), self.release.version.path_parts().join("/"))
    }

    /// Product and version in one phrase.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.release.short_name, self.release.version)
    }
}
