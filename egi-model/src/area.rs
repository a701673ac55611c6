//! The areas of the repository tree and the paths of what lies in them.
//!
//! Paths as observed in the original system: `unverified/<major>.<short name>/<M>/<m>/<r>`,
//! `stagerollout/<major>.<short name>/<M>` and `production/<location>/{base,updates}`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::major::{MajorId, MajorRelease};
use crate::name::{NameError, RelPath};
use crate::release::{Release, ReleaseType, Target};

/// The three areas that sites and verifiers install from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// Fetched, not assessed; not public.
    Unverified,
    /// Early adopters install from here; public.
    StageRollout,
    /// Everybody installs from here; public.
    Production,
}

impl Area {
    /// All areas, in the order a release passes them.
    pub const ALL: [Self; 3] = [Self::Unverified, Self::StageRollout, Self::Production];

    /// The folder below `sw/`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::StageRollout => "stagerollout",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One repository: a place in an area that has indexes of its own and is published as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RepoKey {
    /// The area.
    pub area: Area,
    /// The path below the area.
    pub path: RelPath,
}

impl RepoKey {
    /// The path below the repository tree's public root, such as `production/CAs/base`.
    #[must_use]
    pub fn public_path(&self) -> String {
        format!("{}/{}", self.area, self.path)
    }
}

impl fmt::Display for RepoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.area, self.path)
    }
}

/// The path segment that tells one product of one major release for one target: `umd-4.infn.storm.sl6.x86_64`.
#[must_use]
pub fn product_key(major: &MajorId, release: &Release) -> String {
    format!("{major}.{}", release.short_name.to_lowercase())
}

/// Where a release lies while it is unverified: a place of its own.
pub fn unverified_key(major: &MajorId, release: &Release) -> Result<RepoKey, NameError> {
    let parts = release.version.path_parts().join("/");
    repo_key(Area::Unverified, &format!("{}/{parts}", product_key(major, release)))
}

/// Where a release lies during staged rollout: one place per product and product major.
pub fn stagerollout_key(major: &MajorId, release: &Release) -> Result<RepoKey, NameError> {
    repo_key(Area::StageRollout, &format!("{}/{}", product_key(major, release), release.version.major()))
}

/// Where a release lies in production: base for a major release, updates for a delta.
pub fn production_key(major: &MajorRelease, target: &Target, kind: ReleaseType) -> Result<RepoKey, NameError> {
    let section = match kind {
        ReleaseType::NonIncremental => "base",
        ReleaseType::Incremental => "updates",
    };
    repo_key(Area::Production, &format!("{}/{section}", major.location.of(target)?))
}

fn repo_key(area: Area, path: &str) -> Result<RepoKey, NameError> {
    Ok(RepoKey { area, path: path.parse()? })
}
