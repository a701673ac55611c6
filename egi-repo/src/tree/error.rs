//! What can go wrong in the repository tree.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egi_model::area::RepoKey;
use egi_model::content::ContentId;
use egi_model::digest::Sha256;
use egi_model::name::RelPath;
use egi_model::ticket::TicketId;
use rustix::io::Errno;

use super::Point;
use crate::openpgp::SignError;
use crate::package::PackageError;

/// What can go wrong in the repository tree. Whatever it is, what was live stays live.
#[derive(Debug, thiserror::Error)]
pub enum RepoError {
    /// The file system refused an operation.
    #[error("failed to {operation} {}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file system is full, or a quota is used up.
    #[error("failed to {operation} {}: no space is left on the file system; free some", path.display())]
    NoSpace {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// The file system is mounted read-only.
    #[error("failed to {operation} {}: the file system is read-only; mount it writable", path.display())]
    ReadOnly {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// There is no tree, or it is not there now.
    #[error(
        "{} is no repository tree: it has no file nsrw-tree. If its file system is not mounted, mount it; if there shall be a new tree, `nsrw init` on the site's folder makes one",
        root.display()
    )]
    NoTree {
        /// Where it should be.
        root: PathBuf,
    },
    /// The tree was taken away, or its lock, while it was worked on.
    #[error("{} went away while it was worked on; once its file system is mounted again, what was under way is done anew", root.display())]
    TreeGone {
        /// Where it was.
        root: PathBuf,
    },
    /// Somebody else has held the lock for too long.
    #[error("{} is held by another process for more than {} s; see which one with `fuser -v`", path.display(), waited.as_secs())]
    LockBusy {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// A content was asked for that was never taken in.
    #[error("content {id} is not in the repository tree: {} is missing. Fetch and verify the release again", path.display())]
    UnknownContent {
        /// The content.
        id: ContentId,
        /// Where its file list would be.
        path: PathBuf,
    },
    /// A record in the tree can not be understood.
    #[error("{} is damaged or written by a newer version of this program. Restore it from a backup", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A file is not what it was when it was verified.
    #[error("{} is not the file that was verified: {expected} was expected, {found} was found. Fetch the release again", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// What it was.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Two releases can not lie in one repository together.
    #[error(transparent)]
    Conflict(#[from] Box<Conflict>),
    /// Two repositories can not lie one in the other.
    #[error("{key} can not be published: {} is in its way, because one repository can not lie inside another. Withdraw one of them or correct its location", other.display())]
    Nested {
        /// The repository asked for.
        key: RepoKey,
        /// What lies where it would be or above it.
        other: PathBuf,
    },
    /// There is no way back to there.
    #[error("no generation of {key} is known for \"{point}\"; see `nsrw repo show {key}`")]
    UnknownGeneration {
        /// The repository.
        key: RepoKey,
        /// The generation asked for.
        point: Point,
    },
    /// A package can not be read.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// An index can not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A package's metadata can not be put into an index.
    #[error("failed to index {}", path.display())]
    Index {
        /// The package, or the folder of the index.
        path: PathBuf,
        /// Why.
        source: rpmrepo_metadata::MetadataError,
    },
}

impl RepoError {
    /// Tells a full and a read-only file system from every other refusal, because they pass without a change to the
    /// release.
    pub(crate) fn of(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let kind = source.kind();
        if [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded].contains(&kind) {
            Self::NoSpace { operation, path, source }
        } else if kind == io::ErrorKind::ReadOnlyFilesystem {
            Self::ReadOnly { operation, path, source }
        } else {
            Self::Io { operation, path, source }
        }
    }

    /// Whether trying again can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use io::ErrorKind::{Interrupted, ResourceBusy, StaleNetworkFileHandle, TimedOut, WouldBlock};
        match self {
            Self::NoSpace { .. }
            | Self::ReadOnly { .. }
            | Self::LockBusy { .. }
            | Self::NoTree { .. }
            | Self::TreeGone { .. } => true,
            Self::Io { source, .. } => {
                let passes = [Interrupted, ResourceBusy, StaleNetworkFileHandle, TimedOut, WouldBlock];
                passes.contains(&source.kind()) || is_gone(source)
            }
            Self::Package(error) => error.is_transient(),
            Self::Sign(error) => error.is_transient(),
            Self::UnknownContent { .. }
            | Self::Record { .. }
            | Self::Altered { .. }
            | Self::Conflict(_)
            | Self::Nested { .. }
            | Self::UnknownGeneration { .. }
            | Self::Index { .. } => false,
        }
    }
}

/// Whether the disk itself, or the server behind it, does not answer any more.
fn is_gone(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    [Errno::IO, Errno::NODEV, Errno::NXIO, Errno::NOTCONN, Errno::HOSTDOWN].map(Some).contains(&errno)
}

/// Two files that claim the same place or are the same package, with different content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {second} differ, but {what}. Deliver one of them under a new version or release number")]
pub struct Conflict {
    /// What they can not share.
    pub what: Clash,
    /// The one of the older ticket.
    pub first: Claimant,
    /// The other.
    pub second: Claimant,
}

/// What two files can not share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clash {
    /// A path.
    Path,
    /// The name of a package file.
    FileName,
    /// A package's name, version and architecture.
    Identity(String),
    /// One's path is a folder in the other's.
    Folder,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("have the same path"),
            Self::FileName => f.write_str("are package files of the same name"),
            Self::Identity(identity) => write!(f, "are both the package {identity}"),
            Self::Folder => f.write_str("one would have to be a file and a folder"),
        }
    }
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// Whose file it is.
    pub ticket: TicketId,
    /// Its path in the release.
    pub path: RelPath,
    /// Its digest.
    pub sha256: Sha256,
}

impl fmt::Display for Claimant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of ticket {} (sha256 {})", self.path, self.ticket, self.sha256)
    }
}
