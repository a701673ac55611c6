//! A software release, as `release.xml` describes it: Release → `SoftwareComponent` → Package.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::name::Segment;
use crate::sync::SyncSource;
use crate::version::Version;

/// Whether a release replaces what its product had (base) or adds to it (updates).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ReleaseType {
    /// A whole major release: goes to base.
    NonIncremental,
    /// A delta: goes to updates.
    Incremental,
}

/// Whether a release may skip areas on its way to production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Emergency {
    /// It may.
    Yes,
    /// It goes the whole way.
    No,
}

impl ReleaseType {
    /// The value of the ticket field `ReleaseType`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NonIncremental => "NonIncremental",
            Self::Incremental => "Incremental",
        }
    }
}

impl Emergency {
    /// The value of the ticket field `EmergencyRelease`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
        }
    }
}

/// A text that is none of the two values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is neither {one} nor {other}")]
pub struct NeitherError {
    given: String,
    one: &'static str,
    other: &'static str,
}

impl FromStr for ReleaseType {
    type Err = NeitherError;

    fn from_str(text: &str) -> Result<Self, NeitherError> {
        let (one, other) = (Self::NonIncremental, Self::Incremental);
        either(text, (one.as_str(), &[]), (other.as_str(), &[])).map(|first| if first { one } else { other })
    }
}

impl FromStr for Emergency {
    type Err = NeitherError;

    /// `Yes` and `No`, also `1`/`0` and `true`/`false` as RT's check boxes and release.xml write them.
    fn from_str(text: &str) -> Result<Self, NeitherError> {
        either(text, ("Yes", &["1", "true"]), ("No", &["0", "false"]))
            .map(|first| if first { Self::Yes } else { Self::No })
    }
}

fn either(text: &str, one: (&'static str, &[&str]), other: (&'static str, &[&str])) -> Result<bool, NeitherError> {
    let wanted = text.trim();
    let is = |(name, more): (&str, &[&str])| {
        name.eq_ignore_ascii_case(wanted) || more.iter().any(|m| m.eq_ignore_ascii_case(wanted))
    };
    match (is(one), is(other)) {
        (true, _) => Ok(true),
        (false, true) => Ok(false),
        (false, false) => Err(NeitherError { given: text.to_owned(), one: one.0, other: other.0 }),
    }
}

impl fmt::Display for ReleaseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Emergency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a release is built for: an operating system and an architecture.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    /// Operating system as the field names it: `sl6`, `centos7`, `debian-squeeze`.
    pub platform: Segment,
    /// Architecture: `x86_64`, `amd64`, `noarch`.
    pub arch: Segment,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform, self.arch)
    }
}

/// The technology provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Full name.
    pub name: String,
    /// Short name, where the metadata has one (G3).
    pub short: Option<Segment>,
}

/// A release's metadata, whatever generation of `release.xml` it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The product's name for people.
    pub product: String,
    /// The name that paths show: `DistributionShortName` or `productShortName`, such as
    /// `ca-policy-egi-core` or `INFN.storm.sl6.x86_64`.
    pub short_name: Segment,
    /// Who delivers it.
    pub provider: Provider,
    /// The release's version.
    pub version: Version,
    /// When the provider released it.
    pub date: Option<NaiveDate>,
    /// Whether it replaces or adds, where the metadata says so; the ticket's field decides.
    pub release_type: Option<ReleaseType>,
    /// Whether it is an emergency, where the metadata says so; the ticket's field decides.
    pub emergency: Option<Emergency>,
    /// Who answers questions.
    pub contact: String,
    /// Who answers technical questions.
    pub technical_contact: Option<String>,
    /// What it is.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Links to documentation.
    pub documentation: Vec<String>,
    /// Link or text.
    pub release_notes: String,
    /// Link or text.
    pub change_log: String,
    /// Where the files are, where the metadata says so; the ticket's fields decide.
    pub sync: Option<SyncSource>,
    /// What it is built for; empty where the metadata does not say (G1-min).
    pub targets: Vec<Target>,
    /// Capabilities of the middleware it provides (G3).
    pub capabilities: Vec<String>,
    /// The parts.
    pub components: Vec<SoftwareComponent>,
    /// The repositories the provider suggests (G2, G3).
    pub repositories: Vec<RepositoryHint>,
    /// The repository files the provider suggests (G2, G3).
    pub repofiles: Vec<RepofileHint>,
}

impl Release {
    /// All packages of all components.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.components.iter().flat_map(|c| &c.packages)
    }
}

/// One part of a release: the level the specification's authors missed in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareComponent {
    /// Its name.
    pub name: String,
    /// Its packages.
    pub packages: Vec<Package>,
}

/// One package of a component.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Package name.
    pub name: String,
    /// Upstream version, as the package format writes it.
    pub version: String,
    /// Package release, where the format has one apart from the version.
    pub release: Option<String>,
    /// Architecture as the package format writes it.
    pub arch: Option<String>,
    /// `metapackage`, `Virtual` …; empty for an ordinary one.
    pub kind: Option<String>,
    /// File name.
    pub file: Option<String>,
    /// Link to the file, where the release is not fetched as a tree.
    pub url: Option<String>,
    /// Licence.
    pub license: Option<String>,
    /// Category.
    pub category: Option<String>,
    /// Services to restart.
    pub services_affected: Vec<String>,
    /// What it needs, as the provider wrote it.
    pub dependencies: Vec<String>,
    /// What it is.
    pub description: Option<String>,
    /// Link or text.
    pub release_notes: Option<String>,
    /// Link or text.
    pub change_log: Option<String>,
}

/// A repository the provider suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryHint {
    /// `yum` or `deb`.
    pub kind: PackageFormat,
    /// Identifier.
    pub id: String,
    /// Path below the release.
    pub path: String,
    /// Whether it is somebody else's.
    pub external: bool,
}

/// A repository file the provider suggests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepofileHint {
    /// `yum` or `deb`.
    pub kind: PackageFormat,
    /// File name, `….repo` or `….list`.
    pub filename: String,
    /// Folder below the release.
    pub relative_path: String,
    /// The repositories it names, as (setting, value) pairs in the order of the document.
    pub entries: Vec<Vec<(String, String)>>,
}

/// The two package formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageFormat {
    /// rpm packages, yum repositories.
    Rpm,
    /// deb packages, apt repositories.
    Deb,
}
