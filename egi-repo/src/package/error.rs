//! Why a package can not be read.

use std::path::PathBuf;

use egi_model::name::RelPath;

use crate::openpgp::SignatureFault;

/// Why a package can not be read. The file was delivered like this or damaged on the way, so only
/// [`PackageError::Read`] may go away by itself.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The file can not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Its structure is not that of a package.
    #[error("{} is damaged or no package: expected {expected}, found {found}. Deliver it again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What a package has there.
        expected: &'static str,
        /// What this file has there.
        found: String,
    },
    /// A part of it is larger than any real package has.
    #[error("{} has {what} of {given} bytes, {limit} are accepted", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The part.
        what: &'static str,
        /// Its size.
        given: u64,
        /// The size accepted.
        limit: u64,
    },
    /// A digest is not the one that the package itself gives.
    #[error("{} is damaged: the {what} is {found}, the package says {expected}. Deliver it again", path.display())]
    Digest {
        /// The file.
        path: PathBuf,
        /// Of what, by which algorithm.
        what: String,
        /// What the package says.
        expected: String,
        /// What it is.
        found: String,
    },
    /// It is not signed as this site asks for.
    #[error("{} is not known to be its provider's. Sign it with a key that this site has of the provider", path.display())]
    Signature {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SignatureFault,
    },
    /// An rpm header has no sense, or does not match its own digest.
    #[error("the rpm header of {} is damaged. Deliver it again", path.display())]
    RpmHeader {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ::rpm::Error,
    },
}

impl PackageError {
    /// The same fault under the name the file has in its release: where this machine keeps it says nothing to its
    /// provider. What this machine could not do keeps its own path.
    pub(super) fn of_release(self, name: &RelPath) -> Self {
        let path = PathBuf::from(name.as_str());
        match self {
            Self::Read { .. } => self,
            Self::Malformed { expected, found, .. } => Self::Malformed { path, expected, found },
            Self::TooLarge { what, given, limit, .. } => Self::TooLarge { path, what, given, limit },
            Self::Digest { what, expected, found, .. } => Self::Digest { path, what, expected, found },
            Self::Signature { source, .. } => Self::Signature { path, source },
            Self::RpmHeader { source, .. } => Self::RpmHeader { path, source },
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use std::io::ErrorKind::{Interrupted, StaleNetworkFileHandle, TimedOut, WouldBlock};
        match self {
            Self::Read { source, .. } => {
                [Interrupted, StaleNetworkFileHandle, TimedOut, WouldBlock].contains(&source.kind())
            }
            Self::Malformed { .. }
            | Self::TooLarge { .. }
            | Self::Digest { .. }
            | Self::Signature { .. }
            | Self::RpmHeader { .. } => false,
        }
    }
}
