//! Who acts in the workflow, and which groups hear of it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person (or the repository itself) may do in the workflow.
///
/// The groups of the original system map onto these: `sw-rel-qc` verifies, `sw-rel-sr` runs the staged rollout,
/// `sw-rel-admin` administers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The technology provider who delivers the release.
    Provider,
    /// Quality-criteria verification team.
    Verifier,
    /// Manager of the staged rollout.
    RolloutManager,
    /// Release manager: emergencies and what is deliberately not published.
    ReleaseManager,
    /// Administers the workflow (`sw-rel-admin`): retries, repairs; may ask for whatever people may ask for.
    Admin,
    /// The repository: this system's own account.
    Repository,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::Provider, Self::Verifier, Self::RolloutManager, Self::ReleaseManager, Self::Admin, Self::Repository];

    /// The name used in configuration and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Verifier => "verifier",
            Self::RolloutManager => "rollout-manager",
            Self::ReleaseManager => "release-manager",
            Self::Admin => "admin",
            Self::Repository => "repository",
        }
    }

    /// The group of the ticket system whose members hold this role. The repository is an account, not a group.
    ///
    /// The names of verifiers, staged-rollout team and administrators are the specification's; the others follow them.
    #[must_use]
    pub const fn rt_group(self) -> Option<&'static str> {
        match self {
            Self::Provider => Some("sw-rel-providers"),
            Self::Verifier => Some("sw-rel-qc"),
            Self::RolloutManager => Some("sw-rel-sr"),
            Self::ReleaseManager => Some("sw-rel-release-managers"),
            Self::Admin => Some("sw-rel-admin"),
            Self::Repository => None,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no role; use one of {names}", names = Role::ALL.map(Role::as_str).join(", "))]
pub struct UnknownRole(pub String);

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| UnknownRole(text.to_owned()))
    }
}

/// Who asked for a change, as far as the ticket system tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Account name in the ticket system.
    pub name: String,
    /// The roles the account holds.
    pub roles: Vec<Role>,
}

impl Actor {
    /// Whether the actor may do what any of `roles` may. An administrator may do whatever people may.
    #[must_use]
    pub fn holds_any(&self, roles: &[Role]) -> bool {
        let by_people = roles.iter().any(|r| *r != Role::Repository);
        self.roles.iter().any(|held| roles.contains(held) || (*held == Role::Admin && by_people))
    }
}

/// A mailing group that hears of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Quality-criteria verification (`sw-rel-qc`).
    Verifiers,
    /// Staged-rollout team (`sw-rel-sr`).
    RolloutTeam,
    /// Told of releases in production (`sw-rel-production`), the SA1 release manager among them.
    ProductionWatchers,
    /// Told of every change (`sw-rel-admin`), as `AdminCc` of the queue.
    Admins,
    /// The technology provider: the ticket's requestors.
    Requestors,
}

impl Group {
    /// All groups, in the order of the notification matrix.
    pub const ALL: [Self; 5] =
        [Self::Verifiers, Self::RolloutTeam, Self::ProductionWatchers, Self::Admins, Self::Requestors];

    /// Everybody who is told of an answer when `watchers` hear of the ticket: the administrators always are.
    #[must_use]
    pub fn told(watchers: &BTreeSet<Self>) -> BTreeSet<Self> {
        watchers.iter().copied().chain([Self::Admins]).collect()
    }

    /// The group's name in the ticket system.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verifiers => "sw-rel-qc",
            Self::RolloutTeam => "sw-rel-sr",
            Self::ProductionWatchers => "sw-rel-production",
            Self::Admins => "sw-rel-admin",
            Self::Requestors => "requestors",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
