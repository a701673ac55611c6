//! Reads what an rpm or deb package says about itself.
//!
//! Reading a header is cheap and is done wherever one is needed; [`inspect_all`] also reads payloads to their last
//! byte, once, when a package comes in. Nothing is executed or written. Packages come from outside, so nothing in them
//! is trusted: sizes are capped before anything is allocated, and a file that is cut short or is no package at all is
//! refused with its name and what was expected of it.

mod announced;
mod check;
mod control;
pub mod deb;
mod deb_archive;
mod deb_payload;
mod error;
mod inspect;
pub mod rpm;
mod rpm_guard;
mod rpm_payload;
mod rpm_signature;
mod signature;
pub(crate) mod unpack;

use std::fs::File;
use std::path::Path;

use egi_model::content::ContentFile;
use egi_model::digest::Sha256;
use egi_model::name::RelPath;
use egi_model::release::PackageFormat;
use serde::{Deserialize, Serialize};

use crate::verify::hash::digest_reader;

pub use announced::find_undelivered;
pub use check::check;
pub(crate) use check::deb_arch;
pub(crate) use control::Control;
pub use error::PackageError;
pub use inspect::inspect_all;
pub use signature::{Judge, SignaturePolicy};

/// What a package says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageHeader {
    /// rpm or deb.
    pub format: PackageFormat,
    /// Package name.
    pub name: String,
    /// Epoch; 0 where the package has none.
    pub epoch: u32,
    /// Upstream version.
    pub version: String,
    /// Packaging release; a native deb has none.
    pub release: Option<String>,
    /// Architecture as the format writes it; `src` for a source rpm.
    pub arch: String,
    /// What it is, in a line.
    pub summary: String,
    /// What it is.
    pub description: String,
    /// Licence; deb packages do not say in their control file.
    pub license: Option<String>,
    /// What it needs, as the package writes it, without what rpm needs of itself.
    pub depends: Vec<String>,
    /// Name of the file it was read from.
    pub file_name: String,
    /// Bytes of that file.
    pub size: u64,
    /// Digest of that file.
    pub sha256: Sha256,
}

impl PackageHeader {
    /// Version and release as the format joins them, without the epoch.
    #[must_use]
    pub fn version_release(&self) -> String {
        match &self.release {
            Some(release) => format!("{}-{release}", self.version),
            None => self.version.clone(),
        }
    }

    /// What a package manager tells this package from every other by: `name-epoch:version-release.arch` for rpm,
    /// `name_epoch:version_arch` for deb; an epoch of 0 is not shown.
    #[must_use]
    pub fn identity(&self) -> String {
        let epoch = if self.epoch == 0 { String::new() } else { format!("{}:", self.epoch) };
        let version = self.version_release();
        match self.format {
            PackageFormat::Rpm => format!("{}-{epoch}{version}.{}", self.name, self.arch),
            PackageFormat::Deb => format!("{}_{epoch}{version}_{}", self.name, self.arch),
        }
    }
}

/// What tells a package from others, and where it can be installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageId {
    /// See [`PackageHeader::identity`].
    pub(crate) identity: String,
    /// Architecture as the format writes it.
    pub(crate) arch: String,
}

impl PackageId {
    pub(crate) fn of(header: &PackageHeader) -> Self {
        Self { identity: header.identity(), arch: header.arch.clone() }
    }
}

/// Size and digest of a package's file, known before its header is read.
#[derive(Debug, Clone)]
pub(crate) struct FileFacts {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: Sha256,
}

impl From<&ContentFile> for FileFacts {
    fn from(file: &ContentFile) -> Self {
        Self { name: file.path.file_name().to_owned(), size: file.size, sha256: file.sha256 }
    }
}

/// The format that a file's name announces; `None` for what is no package.
#[must_use]
pub fn format_of(path: &RelPath) -> Option<PackageFormat> {
    match path.file_name().rsplit_once('.') {
        Some((_, "rpm")) => Some(PackageFormat::Rpm),
        Some((_, "deb")) => Some(PackageFormat::Deb),
        _ => None,
    }
}

/// Name, size and digest of a file that nobody has hashed yet.
fn measure(path: &Path) -> Result<FileFacts, PackageError> {
    let digested = File::open(path).and_then(|file| digest_reader(file, std::iter::empty(), &mut |_| ()));
    let digested = digested.map_err(|source| PackageError::Read { path: path.to_owned(), source })?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(FileFacts { name, size: digested.size, sha256: digested.sha256 })
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
