//! Major releases and software: what a release is associated with, and the attributes agreed for it.
//!
//! The specification: "they should be decided within the EGI and agreed with the provider ... at a major release
//! level (or at least at a software level)".

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::{NameError, RelPath, Segment, as_text};
use crate::release::Target;

/// The identifier of a major release or software, such as `umd-4` or `ca-1.0`: the field `AssociatedMajorRelease`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MajorId(Segment);

impl MajorId {
    /// The identifier.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for MajorId {
    type Err = NameError;

    /// Identifiers are compared in lower case.
    fn from_str(text: &str) -> Result<Self, NameError> {
        text.trim().to_ascii_lowercase().parse().map(Self)
    }
}

as_text!(MajorId, NameError);

/// What an identifier stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MajorKind {
    /// A distribution of many products with versions of its own.
    MajorRelease,
    /// One software.
    Software,
}

/// A major release or software with its agreed attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MajorRelease {
    /// Identifier.
    pub id: MajorId,
    /// What the identifier stands for.
    #[serde(default = "MajorRelease::default_kind")]
    pub kind: MajorKind,
    /// Name for people.
    pub title: String,
    /// Its location in production.
    pub location: Location,
    /// The targets it supports; a release for any other is one to set `Ignored`.
    pub targets: Vec<Target>,
}

impl MajorRelease {
    const fn default_kind() -> MajorKind {
        MajorKind::MajorRelease
    }

    /// Whether releases for `target` belong here. `noarch` and `all` packages fit every architecture of a platform.
    #[must_use]
    pub fn supports(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }
}

/// A path below the production area, in which `{platform}` and `{arch}` stand for the release's target.
///
/// ```
/// use egi_model::major::Location;
/// use egi_model::release::Target;
/// let location: Location = "umd/4/{platform}/{arch}".parse().unwrap();
/// let target = Target { platform: "centos7".parse().unwrap(), arch: "x86_64".parse().unwrap() };
/// assert_eq!(location.of(&target).unwrap().as_str(), "umd/4/centos7/x86_64");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location(String);

impl Location {
    /// The path as agreed, placeholders and all.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path for one target.
    pub fn of(&self, target: &Target) -> Result<RelPath, NameError> {
        self.0.replace("{platform}", target.platform.as_str()).replace("{arch}", target.arch.as_str()).parse()
    }
}

impl FromStr for Location {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let _: RelPath = text.replace("{platform}", "p").replace("{arch}", "a").parse()?;
        Ok(Self(text.to_owned()))
    }
}

as_text!(Location, NameError);

impl fmt::Display for MajorRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.title)
    }
}
