//! The gate before staged rollout and production.

use std::path::Path;

use egi_model::area::Area;
use egi_model::release::Target;
use egi_repo::outside::{Outside, OutsideSource};
use egi_workflow::GateMode;
use serde::{Deserialize, Serialize};

/// The gate before staged rollout and production.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// What comes of its verdict before staged rollout.
    pub before_stagerollout: GateSetting,
    /// What comes of its verdict before production.
    pub before_production: GateSetting,
    /// The repositories of others that sites have as well.
    pub outside: Vec<OutsideSetting>,
}

/// What comes of a gate's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateSetting {
    /// It is enforced for targets with a repository outside, and told for others: without the operating system's packages
    /// nearly every release lacks something.
    #[default]
    Auto,
    /// It is not asked.
    Off,
    /// It is told on the ticket.
    Report,
    /// What does not pass is refused.
    Enforce,
}

/// A repository outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideSetting {
    /// What reports call it.
    pub name: String,
    /// The targets whose sites have it.
    pub targets: Vec<Target>,
    /// `yum PLACE` or `apt PLACE SUITE COMPONENT...`, where the place is a folder or an address.
    pub source: String,
}

impl Gate {
    /// Whether the gate before an area is asked for a target, and what comes of it.
    #[must_use]
    pub fn mode(&self, area: Area, target: &Target) -> Option<GateMode> {
        let setting = match area {
            Area::StageRollout => self.before_stagerollout,
            Area::Production => self.before_production,
            Area::Unverified => GateSetting::Off,
        };
        match setting {
            GateSetting::Off => None,
            GateSetting::Report => Some(GateMode::Report),
            GateSetting::Enforce => Some(GateMode::Enforce),
            GateSetting::Auto if self.outside.iter().any(|outside| outside.targets.contains(target)) => {
                Some(GateMode::Enforce)
            }
            GateSetting::Auto => Some(GateMode::Report),
        }
    }

    /// The repositories outside that sites of a target have; folders are below `folder` where they are not absolute.
    #[must_use]
    pub fn outside_of(&self, target: &Target, folder: &Path) -> Vec<Outside> {
        let meant = self.outside.iter().filter(|outside| outside.targets.contains(target));
        let known = meant.filter_map(|outside| Some((outside.name.clone(), outside.source.parse().ok()?)));
        known.map(|(name, source)| Outside { name, source: below(source, folder) }).collect()
    }

    /// What is wrong with the settings.
    pub(super) fn fault(&self) -> Option<String> {
        self.outside.iter().find_map(|outside| {
            let name = &outside.name;
            if outside.targets.is_empty() {
                return Some(format!("gate.outside \"{name}\" names no target; name those whose sites have it"));
            }
            let fault = outside.source.parse::<OutsideSource>().err()?;
            Some(format!("gate.outside \"{name}\": {fault}"))
        })
    }
}

fn below(source: OutsideSource, folder: &Path) -> OutsideSource {
    let absolute = |place: String| {
        if place.contains("://") { place } else { folder.join(place).to_string_lossy().into_owned() }
    };
    match source {
        OutsideSource::Yum(place) => OutsideSource::Yum(absolute(place)),
        OutsideSource::Apt { place, suite, components } => {
            OutsideSource::Apt { place: absolute(place), suite, components }
        }
    }
}
