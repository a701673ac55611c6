//! Who is written to, and when.

use std::collections::BTreeMap;

use egi_model::role::Group;
use serde::{Deserialize, Serialize};

/// Who is written to, and when. Nothing is sent without a relay in `[mail]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Notifications {
    /// From which hour of the day, by `clocks.time_zone`, the daily digests go out.
    pub digest_hour: u32,
    /// Whether early-adopter teams are written to when they are invited.
    pub teams: bool,
    /// The groups that are written to.
    pub groups: BTreeMap<Group, Readers>,
}

/// A group that is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readers {
    /// Their addresses. For `requestors`, empty stands for the contact that release.xml names.
    #[serde(default)]
    pub to: Vec<String>,
    /// When.
    #[serde(default)]
    pub when: When,
}

/// When a group is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// At once.
    #[default]
    AtOnce,
    /// Once a day, everything of the day in one letter.
    Daily,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { digest_hour: 7, teams: true, groups: BTreeMap::new() }
    }
}
