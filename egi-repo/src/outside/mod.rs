//! Repositories that are not ours: the packages of an operating system or of EPEL, as their indexes list them.
//!
//! Only indexes are read, never a package. They serve to judge what would happen, so their signatures are not checked;
//! that an index is the one its top file names is.

mod apt;
mod error;
mod place;
mod yum;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use egi_model::release::PackageFormat;

use crate::closure::Package;

pub use error::OutsideError;
use place::Reader;
pub(crate) use yum::add_files;

/// A repository outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// What people call it.
    pub name: String,
    /// What it is and where.
    pub source: OutsideSource,
}

/// What kind of repository it is and where. Places are folders or addresses (`http://`, `https://`, `file://`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutsideSource {
    /// The folder that has `repodata`.
    Yum(String),
    /// As a line of `sources.list` has it.
    Apt {
        /// The folder that has `dists`.
        place: String,
        /// The suite; with a slash at its end, the folder below `place` that has the index itself.
        suite: String,
        /// The components; none where the suite is a folder.
        components: Vec<String>,
    },
}

impl OutsideSource {
    /// What its packages are.
    #[must_use]
    pub const fn format(&self) -> PackageFormat {
        match self {
            Self::Yum(_) => PackageFormat::Rpm,
            Self::Apt { .. } => PackageFormat::Deb,
        }
    }
}

/// `yum PLACE` or `apt PLACE SUITE [COMPONENT...]`.
impl FromStr for OutsideSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["yum", place] => Ok(Self::Yum((*place).to_owned())),
            ["apt", place, suite, components @ ..] if suite.ends_with('/') == components.is_empty() => Ok(Self::Apt {
                place: (*place).to_owned(),
                suite: (*suite).to_owned(),
                components: components.iter().map(|component| (*component).to_owned()).collect(),
            }),
            _ => Err(format!(
                "\"{text}\" is neither \"yum PLACE\" nor \"apt PLACE SUITE COMPONENT...\" nor \"apt PLACE FOLDER/\""
            )),
        }
    }
}

/// The packages of a repository outside, for one kind of machine.
pub(crate) struct OutsideStock {
    pub(crate) packages: Vec<Package>,
    files: Option<yum::Filelists>,
}

/// Reads repositories outside, and keeps what it fetched as long as it is what they have.
pub(crate) struct OutsideReader {
    reader: Reader,
}

impl OutsideReader {
    pub(crate) fn new(cache: PathBuf) -> Self {
        Self { reader: Reader::new(cache) }
    }

    /// The packages for machines of an architecture as Debian names it, which matters for debs alone.
    pub(crate) fn read(&self, outside: &Outside, machine: &str) -> Result<OutsideStock, OutsideError> {
        match &outside.source {
            OutsideSource::Yum(place) => {
                let (packages, files) = yum::read(&self.reader, place)?;
                Ok(OutsideStock { packages, files })
            }
            OutsideSource::Apt { place, suite, components } => {
                let packages = apt::read(&self.reader, place, suite, components, machine)?;
                Ok(OutsideStock { packages, files: None })
            }
        }
    }

    /// Looks for files that packages need and that the short list of files does not have.
    pub(crate) fn find_files(&self, stock: &mut OutsideStock, wanted: &BTreeSet<String>) -> Result<(), OutsideError> {
        match &stock.files {
            Some(files) => files.find(&self.reader, &mut stock.packages, wanted),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
